package pebblestore

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
)

// StalledDiskFull is what Totals.Stalled says while the disk is nearly full.
const StalledDiskFull = "disk_full"

// BallastName is the file that is given up when the disk is full; it holds no data.
const BallastName = "ballast"

const (
	ballastBytes = 64 << 20
	diskInterval = time.Second
)

// diskWatch stops the taking of new work before the disk is full, and has a ballast
// file to give up when it is: Pebble's write is then retried once, and if that fails
// too the process ends. Once there is space again work goes on by itself and the
// ballast is laid down anew.
type diskWatch struct {
	opts    Options
	dir     string
	full    atomic.Bool // less than the reserve is free
	dropped atomic.Bool // the ballast was given up
	done    chan struct{}
	ended   sync.WaitGroup
}

func newDiskWatch(opts Options, dir string) *diskWatch {
	return &diskWatch{opts: opts, dir: dir, done: make(chan struct{})}
}

// start takes a first look, lays the ballast, and looks again every second. The store
// is told of every change.
func (w *diskWatch) start(db *DB) {
	if w.opts.Reserve < 0 {
		return
	}
	w.look()
	ticker := time.NewTicker(diskInterval)
	w.ended.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-ticker.C:
			}
			if w.look() {
				db.mu.Lock()
				db.announce()
				db.mu.Unlock()
			}
		}
	})
}

func (w *diskWatch) stop() {
	close(w.done)
	w.ended.Wait()
}

// look compares what is free with the reserve and says whether that changed anything.
func (w *diskWatch) look() bool {
	usage, err := w.opts.FS.GetDiskUsage(w.dir)
	if err != nil {
		return false // an in-memory file system has no usage to tell
	}
	reserve := uint64(w.opts.Reserve)
	full := usage.AvailBytes < reserve
	if !full && usage.AvailBytes > reserve+2*ballastBytes {
		w.layBallast()
	}
	if w.full.Swap(full) == full {
		return false
	}
	if full {
		w.opts.Logger.Warn("disk nearly full, hand-out stops", "free", usage.AvailBytes, "reserve", reserve)
	} else {
		w.opts.Logger.Info("disk has space again, hand-out goes on", "free", usage.AvailBytes)
	}
	return true
}

// check refuses new work while the disk is nearly full.
func (w *diskWatch) check() error {
	if w.full.Load() {
		return fmt.Errorf("%w: less than %d MiB are free in %s", order.ErrDiskFull, w.opts.Reserve>>20, w.dir)
	}
	return nil
}

func (w *diskWatch) path() string { return w.opts.FS.PathJoin(w.dir, BallastName) }

// bytesPerOrder is what an order takes at the most while it is new: its rows in the log
// and in tables, and tables that are being rewritten.
const bytesPerOrder = 320

// fits refuses a run whose orders would not fit beside the reserve.
func (w *diskWatch) fits(orders int64) error {
	if err := w.check(); err != nil || w.opts.Reserve < 0 || orders <= 0 {
		return err
	}
	usage, err := w.opts.FS.GetDiskUsage(w.dir)
	if err != nil {
		return nil //nolint:nilerr // an in-memory file system has no usage to tell
	}
	if need := orders * bytesPerOrder; uint64(need)+uint64(w.opts.Reserve) > usage.AvailBytes {
		return fmt.Errorf("%w: %d orders need about %d MiB beside a reserve of %d MiB; %d MiB are free in %s",
			order.ErrDiskFull, orders, need>>20, w.opts.Reserve>>20, usage.AvailBytes>>20, w.dir)
	}
	return nil
}

// layBallast makes the ballast file if there is none, or only a part of one. Its last byte
// is written last: preallocating leaves a file's size as it was, and the size is how the
// ballast is known again. It is best effort: without it a full disk only ends the process
// sooner.
func (w *diskWatch) layBallast() {
	if info, err := w.opts.FS.Stat(w.path()); err == nil && info.Size() >= ballastBytes {
		return
	}
	f, err := w.opts.FS.OpenReadWrite(w.path(), vfs.WriteCategoryUnspecified)
	if err != nil {
		return
	}
	if err = f.Preallocate(0, ballastBytes); err == nil {
		_, err = f.WriteAt([]byte{0}, ballastBytes-1)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		w.opts.Logger.Warn("no ballast against a full disk", "error", err)
		return
	}
	w.dropped.Store(false)
}

// dropBallast frees the ballast. Pebble calls it when a write met a full disk, and
// then tries that write once more.
func (w *diskWatch) dropBallast() {
	w.full.Store(true)
	if w.dropped.Swap(true) {
		return
	}
	if err := w.opts.FS.Remove(w.path()); err != nil && !errors.Is(err, os.ErrNotExist) {
		w.opts.Logger.Error("ballast not freed", "error", err)
	}
}
