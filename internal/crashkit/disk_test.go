package crashkit

import (
	"io"
	"math/rand/v2"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is a file system in memory that can lose its power. A loss beside the calls that
// MemFS makes of itself would wait for them and they for it, so those are kept apart.
type disk struct {
	*vfs.MemFS
	nested sync.RWMutex // read by calls that call others, written by a loss
}

func newDisk() *disk { return &disk{MemFS: vfs.NewCrashableMem()} }

// lose returns what is left after a power loss at this moment. Of what was not synced,
// each block survives with that probability.
func (d *disk) lose(percent int, rng *rand.Rand) *disk {
	d.nested.Lock()
	defer d.nested.Unlock()
	return &disk{MemFS: d.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})}
}

// Lock implements [vfs.FS].
func (d *disk) Lock(name string) (io.Closer, error) {
	d.nested.RLock()
	defer d.nested.RUnlock()
	return d.MemFS.Lock(name)
}

// Link implements [vfs.FS].
func (d *disk) Link(from, to string) error {
	d.nested.RLock()
	defer d.nested.RUnlock()
	return d.MemFS.Link(from, to)
}

// ReuseForWrite implements [vfs.FS].
func (d *disk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	d.nested.RLock()
	defer d.nested.RUnlock()
	return d.MemFS.ReuseForWrite(from, to, c)
}
