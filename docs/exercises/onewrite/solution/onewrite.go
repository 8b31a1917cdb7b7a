// Package onewrite is a solution of the exercise.
package onewrite

import "io"

// Serve replies to every byte with that byte plus one, until the client has nothing more to say.
// It returns the first error of Read or Write, but nil for io.EOF. If a Read returns bytes together
// with an error, and the Write that answers them fails, Serve returns the error of Write.
func Serve(rw io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, readErr := rw.Read(buf)
		if n > 0 {
			for i := range buf[:n] {
				buf[i]++
			}
			if _, err := rw.Write(buf[:n]); err != nil {
				return err
			}
		}
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}
