package pebblestore

import (
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// laying is the machine's file system with plenty of room; it counts files that are made.
type laying struct {
	vfs.FS
	made atomic.Int64
}

func (l *laying) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 40}, nil
}

func (l *laying) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	l.made.Add(1)
	return l.FS.Create(name, category)
}

func (l *laying) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	l.made.Add(1)
	return l.FS.OpenReadWrite(name, category, opts...)
}

// TestBallastStays: the ballast is laid once, found again by the next process, and laid
// anew only after it was given up or when it is not whole.
func TestBallastStays(t *testing.T) {
	t.Parallel()
	fs := &laying{FS: vfs.Default}
	dir := t.TempDir()
	watch := func() *diskWatch { return newDiskWatch(Options{FS: fs}.withDefaults(), dir) }
	w := watch()
	made := func(when string, want int64) {
		t.Helper()
		for range 3 {
			w.look()
		}
		if got := fs.made.Load(); got != want {
			t.Fatalf("%s the ballast was made %d times, want %d", when, got, want)
		}
		info, err := fs.Stat(w.path())
		if err != nil || info.Size() != ballastBytes {
			t.Fatalf("%s the ballast is %v, %v; want %d bytes", when, info, err, ballastBytes)
		}
	}
	made("in an idle store", 1)
	w = watch()
	made("after a restart", 1)
	w.dropBallast()
	if _, err := fs.Stat(w.path()); err == nil {
		t.Fatal("the ballast is there although it was given up")
	}
	made("after it was given up", 2)
	w.dropBallast()
	f, err := fs.FS.Create(w.path(), vfs.WriteCategoryUnspecified) // and the process dies before it is laid
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w = watch()
	made("after half of it was laid", 3)
}
