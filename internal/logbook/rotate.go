package logbook

import (
	"io"

	"github.com/DeRuina/timberjack"
)

const (
	fileMegabytes = 10 // before a file is set aside
	oldFiles      = 5  // that were set aside and are kept, per class
)

// openRotating returns a writer that appends to the file at path, makes it if need be
// on the first write, and sets it aside under a name with the time when it is full.
func openRotating(path string) io.WriteCloser { return rotating(path, fileMegabytes, oldFiles) }

func rotating(path string, megabytes, old int) io.WriteCloser {
	return &timberjack.Logger{Filename: path, MaxSize: megabytes, MaxBackups: old, FileMode: 0o600}
}
