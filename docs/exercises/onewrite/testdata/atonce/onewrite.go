// Package onewrite is wrong: it keeps all replies until the client has ended.
package onewrite

import (
	"bytes"
	"io"
)

// Serve replies to every byte with that byte plus one, until the client has nothing more to say.
// It returns the first error of Read or Write, but nil for io.EOF. If a Read returns bytes together
// with an error, and the Write that answers them fails, Serve returns the error of Write.
func Serve(rw io.ReadWriter) error {
	var reply bytes.Buffer
	buf := make([]byte, 4096)
	for {
		n, readErr := rw.Read(buf)
		for i := range buf[:n] {
			buf[i]++
		}
		reply.Write(buf[:n])
		if readErr == io.EOF {
			_, err := rw.Write(reply.Bytes())
			return err
		}
		if readErr != nil {
			return readErr
		}
	}
}
