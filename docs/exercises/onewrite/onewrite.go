// Package onewrite is an exercise: see README.md.
package onewrite

import "io"

// Serve replies to every byte with that byte plus one, until the client has nothing more to say.
// It returns the first error of Read or Write, but nil for io.EOF. If a Read returns bytes together
// with an error, and the Write that answers them fails, Serve returns the error of Write.
func Serve(rw io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := rw.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, b := range buf[:n] {
			if _, err := rw.Write([]byte{b + 1}); err != nil {
				return err
			}
		}
	}
}
