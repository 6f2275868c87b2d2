package pebblestore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
)

// errHeadless is what a directory is that holds data but not what says how it hangs
// together.
var errHeadless = errors.New("the file that names the current manifest is missing")

// survey looks at a directory before Pebble does. Without the marker of the current
// manifest, an empty file that a copy easily leaves out, Pebble would take the directory
// for a new one and remove the tables and logs in it as leftovers.
func survey(fs vfs.FS, dir string) error {
	desc, err := pebble.Peek(dir, fs)
	if err != nil || desc.Exists {
		return err
	}
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log") {
			return errHeadless // both come after the marker, which is synced
		}
	}
	return nil
}

// openError gives the reasons for not opening their kinds: what the system refused stays
// as it is, and whatever else the engine does not like about its files is damage.
func openError(dir string, err error) error {
	_, ofPath := errors.AsType[*os.PathError](err)
	_, ofSystem := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, pebble.ErrDBDoesNotExist):
		return fmt.Errorf("open %s: %w: it holds no store", dir, order.ErrNotFound)
	case strings.Contains(err.Error(), "unknown format major version"): // Pebble has no value for it
		return fmt.Errorf("open %s: %w: %w; use a newer filavip", dir, order.ErrSchema, err)
	case (ofPath || ofSystem) && !errors.Is(err, os.ErrNotExist) && !pebble.IsCorruptionError(err):
		return fmt.Errorf("open %s: %w", dir, err)
	}
	return fmt.Errorf("open %s: %w: %w (nothing was deleted; restore a copy)", dir, order.ErrCorrupt, err)
}
