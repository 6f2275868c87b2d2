package pebblestore

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Stats is what a store has written since it was opened.
type Stats struct {
	Bytes   int64 // handed to the file system, log and tables alike
	Syncs   int64 // fsync and its kin
	Commits int64 // batches made durable
}

// Sub returns s - t.
func (s Stats) Sub(t Stats) Stats {
	return Stats{Bytes: s.Bytes - t.Bytes, Syncs: s.Syncs - t.Syncs, Commits: s.Commits - t.Commits}
}

// Stats returns what the store has written since it was opened.
func (db *DB) Stats() Stats {
	return Stats{Bytes: db.meter.bytes.Load(), Syncs: db.meter.syncs.Load(), Commits: db.meter.commits.Load()}
}

// meter counts what passes through a file system.
type meter struct{ bytes, syncs, commits atomic.Int64 }

// meteredFS counts what is written to the files it makes.
type meteredFS struct {
	vfs.FS
	m *meter
}

func (fs meteredFS) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return meteredFile{f, fs.m}, nil
}

// Create implements [vfs.FS].
func (fs meteredFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.Create(name, c))
}

// ReuseForWrite implements [vfs.FS].
func (fs meteredFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.ReuseForWrite(from, to, c))
}

// OpenReadWrite implements [vfs.FS].
func (fs meteredFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return fs.wrap(fs.FS.OpenReadWrite(name, c, opts...))
}

// OpenDir implements [vfs.FS].
func (fs meteredFS) OpenDir(name string) (vfs.File, error) {
	return fs.wrap(fs.FS.OpenDir(name))
}

// Unwrap implements [vfs.FS].
func (fs meteredFS) Unwrap() vfs.FS { return fs.FS }

type meteredFile struct {
	vfs.File
	m *meter
}

// Write implements [vfs.File].
func (f meteredFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.m.bytes.Add(int64(n))
	return n, err
}

// WriteAt implements [vfs.File].
func (f meteredFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	f.m.bytes.Add(int64(n))
	return n, err
}

// Sync implements [vfs.File].
func (f meteredFile) Sync() error {
	f.m.syncs.Add(1)
	return f.File.Sync()
}

// SyncData implements [vfs.File].
func (f meteredFile) SyncData() error {
	f.m.syncs.Add(1)
	return f.File.SyncData()
}

// SyncTo implements [vfs.File].
func (f meteredFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	if full {
		f.m.syncs.Add(1)
	}
	return full, err
}
