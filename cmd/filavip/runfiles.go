package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

// checkFiles refuses the files of a run that cannot be what their flags say, before
// anything is begun. Nothing is changed.
func (f *runFlags) checkFiles(cmd *cobra.Command) error {
	if given(cmd, "rejects") {
		if err := writable(f.rejects); err != nil {
			return refusedFile("rejects", f.rejects, err, "a file that can be written, in a directory that is there")
		}
	}
	input, err := readable(f.input, cmd.InOrStdin())
	if err != nil {
		return refusedFile("input", f.input, err, `a file of orders that can be read, or "-"`)
	}
	// Rejects begin by emptying their file. Devices and pipes have nothing to lose.
	rejects, err := os.Stat(f.rejects)
	if err == nil && rejects.Mode().IsRegular() && input != nil && os.SameFile(input, rejects) {
		return withStatus(exitUsage, fmt.Errorf("--rejects %q and --input %q are the same file, which would be overwritten; allowed: two files", f.rejects, f.input))
	}
	return nil
}

func refusedFile(flag, value string, err error, allowed string) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err // the flag's value is the path
	}
	return withStatus(exitUsage, fmt.Errorf("--%s: %q: %w; allowed: %s", flag, value, err, allowed))
}

var errDirectory = errors.New("it is a directory")

// readable describes the file of orders, or says why it cannot be read. It returns nil
// for a standard input that is no file. A pipe is not opened: whoever writes to it would
// take that for its reader.
func readable(path string, stdin io.Reader) (fs.FileInfo, error) {
	if path == "-" {
		if file, ok := stdin.(*os.File); ok {
			return file.Stat()
		}
		return nil, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errDirectory
	case !info.Mode().IsRegular():
		return info, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return info, f.Close()
}

// writable says why a file cannot be written. It leaves none behind that was not there.
func writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return creatable(path)
	case err != nil:
		return err
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func creatable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // a link to a file that is not there yet: the run will make it
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(path))
}
