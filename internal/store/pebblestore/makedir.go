package pebblestore

import (
	"errors"
	"os"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// makeDir creates dir and makes the way to it durable: a store whose folder is lost with
// the power is lost. Pebble syncs what it creates itself, but the folders are here
// before it, and those above may have been made a moment ago by somebody else. So all of
// them are synced.
func makeDir(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for at, above := dir, fs.PathDir(dir); above != at; at, above = above, fs.PathDir(above) {
		if err := syncDir(fs, above); err != nil && !fixed(err) {
			return err
		}
	}
	return nil
}

// fixed says whether a folder could not be synced because it may not be read or because
// its file system has no such thing: nobody made a folder in it just now.
func fixed(err error) bool {
	return errors.Is(err, os.ErrPermission) || errors.Is(err, errors.ErrUnsupported) ||
		errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EROFS)
}

func syncDir(fs vfs.FS, dir string) error {
	f, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
