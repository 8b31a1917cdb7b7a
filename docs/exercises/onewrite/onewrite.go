// Package onewrite is an exercise: see README.md.
package onewrite

import "io"

// Serve answers every byte with itself plus one, until the client has nothing more to say.
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
