package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
)

// pidFile names the holder of the directory's lock, for people; the lock itself is
// Pebble's.
const pidFile = "filavip.pid"

// lockDir creates dir if needed and locks it for this process.
func lockDir(fs vfs.FS, dir string) (*pebble.Lock, error) {
	if info, err := fs.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("open %s: %w: it is a file; name a directory", dir, syscall.ENOTDIR)
	}
	if err := makeDir(fs, dir); err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		return nil, lockError(fs, dir, err)
	}
	if err := writePID(fs, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), lock.Close())
	}
	return lock, nil
}

// lockError tells a lock that is held from a directory that cannot be written: the
// lock's file has a path, the lock on it has none.
func lockError(fs vfs.FS, dir string, err error) error {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("open %s: %w: the directory is not writable", dir, err)
	}
	return fmt.Errorf("open %s: %w: in use by %s", dir, order.ErrLocked, holder(fs, dir))
}

// holder returns "pid N", or says that it is not known.
func holder(fs vfs.FS, dir string) string {
	const unknown = "an unknown process"
	f, err := fs.Open(fs.PathJoin(dir, pidFile))
	if err != nil {
		return unknown
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return unknown
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return unknown
	}
	return fmt.Sprintf("pid %d", pid)
}

func writePID(fs vfs.FS, dir string) error {
	f, err := fs.Create(fs.PathJoin(dir, pidFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, os.Getpid())
	return errors.Join(err, f.Close())
}

// unlockDir gives the directory back.
func unlockDir(fs vfs.FS, dir string, lock *pebble.Lock) error {
	err := fs.Remove(fs.PathJoin(dir, pidFile))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, lock.Close())
}
