package rig

import (
	"io/fs"
	"os"
)

// systemFiles returns the root of the files in which the system tells about itself.
func systemFiles() fs.FS { return os.DirFS("/") }
