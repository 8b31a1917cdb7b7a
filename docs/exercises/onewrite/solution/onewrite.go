// Package onewrite is a solution of the exercise.
package onewrite

import "io"

// Serve answers every byte with itself plus one, until the client has nothing more to say.
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
