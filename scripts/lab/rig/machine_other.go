//go:build !linux

package rig

import "io/fs"

// systemFiles returns nil: only Linux tells about itself in files.
func systemFiles() fs.FS { return nil }
