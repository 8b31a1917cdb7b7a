// Figures draws the pictures of the book that explain a mechanism. The lab draws those that show a
// measurement.
//
//	go run ./docs/figures
//
// writes them into docs/pictures. A test checks that the files there are what it draws.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/concurrent-servers/shared/console"
)

func main() { console.Main(run) }

// A picture is one file. Its description says in words what it shows, for screen readers.
type picture struct {
	file, title, description string
	draw                     func(*sheet)
}

var pictures = []picture{connection, update, wakeup, drain, nagle}

func run(_ context.Context, args []string, stdout, _ io.Writer) error {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	dir := fs.String("dir", filepath.Join("docs", "pictures"), "write the pictures into this `folder`")
	err := console.Parse(fs, args, console.Help{
		Summary:  "Draw the pictures of the book that explain a mechanism.",
		Examples: []string{""},
	}, stdout)
	if err != nil {
		return err
	}
	for _, p := range pictures {
		path := filepath.Join(*dir, p.file)
		if err := os.WriteFile(path, p.svg(), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(stdout, path)
	}
	return nil
}

// svg draws the picture.
func (p picture) svg() []byte {
	var out bytes.Buffer
	s := newSheet(p.title)
	p.draw(s)
	s.Write(&out, p.title, p.description) // a Buffer returns no error
	return out.Bytes()
}
