package crashkit

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// tap is a file system that calls a function right before and right after each sync of
// a file or a folder. Syncs wait for each other while it is called.
type tap struct {
	vfs.FS
	mu *sync.Mutex
	f  func()
}

func newTap(fs vfs.FS, f func()) tap { return tap{FS: fs, mu: new(sync.Mutex), f: f} }

// still calls a function while none of the tap's calls is under way.
func (t tap) still(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

func (t tap) call() { t.still(t.f) }

func (t tap) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return tappedFile{f, t}, nil
}

// Create implements [vfs.FS].
func (t tap) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return t.wrap(t.FS.Create(name, c))
}

// ReuseForWrite implements [vfs.FS].
func (t tap) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return t.wrap(t.FS.ReuseForWrite(from, to, c))
}

// OpenReadWrite implements [vfs.FS].
func (t tap) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return t.wrap(t.FS.OpenReadWrite(name, c, opts...))
}

// OpenDir implements [vfs.FS].
func (t tap) OpenDir(name string) (vfs.File, error) { return t.wrap(t.FS.OpenDir(name)) }

// Unwrap implements [vfs.FS].
func (t tap) Unwrap() vfs.FS { return t.FS }

type tappedFile struct {
	vfs.File
	tap tap
}

// Sync implements [vfs.File].
func (f tappedFile) Sync() error {
	f.tap.call()
	defer f.tap.call()
	return f.File.Sync()
}

// SyncData implements [vfs.File].
func (f tappedFile) SyncData() error {
	f.tap.call()
	defer f.tap.call()
	return f.File.SyncData()
}
