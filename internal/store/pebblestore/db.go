package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// schema is the version of the row layout. A store of a higher one is refused.
const schema = 1

var (
	_ store.Store    = (*DB)(nil)
	_ store.Preparer = (*DB)(nil)
)

// DB is a store in one directory. Its methods are safe for concurrent use.
type DB struct {
	opts       Options
	dir        string
	eng        *pebble.DB
	lock       *pebble.Lock
	disk       *diskWatch
	meter      meter
	commitTime *metrics.Histogram

	// What MayStart reads before every order; changed under mu.
	paused  atomic.Bool
	kept    atomic.Int64 // bytes of block rows in memory
	vipOpen atomic.Int64 // unsettled VIP orders of runs that are not cancelled

	fence  sync.RWMutex // see the package comment
	closed bool         // guarded by fence

	idem idemIndex

	mu         sync.Mutex // guards everything below
	runs       map[order.RunID]*runState
	byAge      []*runState // oldest first
	lanes      [order.PriorityCount]lane
	claims     map[*claimState]struct{}
	totals     order.Counts
	hidden     int64 // of the processed orders in totals
	generation uint64
	lastMillis int64  // of the newest run ever begun
	nextSeq    uint64 // of the next delayed block
	nextClaim  uint64
	changed    chan struct{}
}

// runState is a run as memory knows it.
type runState struct {
	foreign bool // its handler is not ours; never changes

	doc    sync.Mutex // held while the document is read, changed and written
	run    order.Run  // guarded by DB.mu; written only by the holder of doc
	counts order.Counts
	hidden int64                                  // of its processed orders; guarded by DB.mu
	kept   atomic.Int64                           // bytes of its block rows in memory
	staged [order.PriorityCount][]*readyBlock     // not enqueued yet, in order of index; guarded by DB.mu
	queued [order.PriorityCount]store.BlockCounts // its share of what the lanes count; guarded by DB.mu
}

// Open opens the store in dir, creating it if there is none, and derives lanes, gate
// and counters from its rows. It returns [order.ErrLocked] if another process has it,
// [order.ErrSchema] if a newer version wrote it, and [order.ErrCorrupt] if its rows do
// not read; nothing is deleted or repaired.
func Open(dir string, opts Options) (*DB, error) {
	opts = opts.withDefaults()
	if _, err := opts.FS.Stat(dir); opts.MustExist && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open %s: %w: it holds no store", dir, order.ErrNotFound)
	}
	lock, err := lockDir(opts.FS, dir)
	if err != nil {
		return nil, err
	}
	db := &DB{
		opts:       opts,
		dir:        dir,
		lock:       lock,
		commitTime: newCommitTime(opts.Metrics),
		runs:       make(map[order.RunID]*runState),
		claims:     make(map[*claimState]struct{}),
		changed:    make(chan struct{}),
	}
	if err := db.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return db, nil
}

func (db *DB) open() error {
	db.disk = newDiskWatch(db.opts, db.dir)
	if err := survey(db.opts.FS, db.dir); err != nil {
		return openError(db.dir, err)
	}
	eng := db.opts.engine(vfs.OnDiskFull(meteredFS{db.opts.FS, &db.meter}, db.disk.dropBallast))
	eng.Lock = db.lock
	defer eng.Cache.Unref()
	var err error
	if db.eng, err = pebble.Open(db.dir, eng); err != nil {
		return openError(db.dir, err)
	}
	if err := db.recover(); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", db.dir, err), db.eng.Close())
	}
	db.disk.start(db)
	db.registerSampled()
	return nil
}

// Close implements [store.Store].
func (db *DB) Close() error {
	db.fence.Lock()
	if db.closed {
		db.fence.Unlock()
		return nil
	}
	db.closed = true
	db.mu.Lock()
	held := slices.Collect(maps.Keys(db.claims))
	for _, c := range held {
		c.lost.Store(true)
	}
	db.announce()
	db.mu.Unlock()
	err := db.unmarkInHand(held...) // stopping is not crashing
	db.fence.Unlock()
	db.disk.stop()
	return errors.Join(err, db.eng.Close(), unlockDir(db.opts.FS, db.dir, db.lock))
}

// enter begins a call that may commit; leave must follow if it returned nil.
func (db *DB) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	db.fence.RLock()
	if db.closed {
		db.fence.RUnlock()
		return order.ErrClosed
	}
	return nil
}

func (db *DB) leave() { db.fence.RUnlock() }

// enterAlone is enter for calls that must see no commit under way.
func (db *DB) enterAlone(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	db.fence.Lock()
	if db.closed {
		db.fence.Unlock()
		return order.ErrClosed
	}
	return nil
}

func (db *DB) leaveAlone() { db.fence.Unlock() }

// commit makes a batch durable. Every change of the store goes through here.
func (db *DB) commit(b *pebble.Batch) error {
	if b.Empty() {
		return nil
	}
	began := db.opts.Clock()
	if err := b.Commit(commitOptions()); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	db.commitTime.Observe(db.opts.Clock().Sub(began))
	db.meter.commits.Add(1)
	return nil
}

// commitShut commits a batch that makes VIP orders pending, then lets memory follow and
// announces it. The gate is shut before those orders are durable, never after; apply,
// which counts them, is called with mu held. A failure is announced too: the gate is open
// again.
func (db *DB) commitShut(b *pebble.Batch, vip int64, apply func()) error {
	db.vipOpen.Add(vip)
	err := db.commit(b)
	db.mu.Lock()
	defer db.mu.Unlock()
	defer db.announce()
	defer db.vipOpen.Add(-vip) // apply has counted them again
	if err == nil {
		apply()
	}
	return err
}

// announce wakes whoever waits for a change. mu held.
func (db *DB) announce() {
	close(db.changed)
	db.changed = make(chan struct{})
}

// Changed implements [store.Gate].
func (db *DB) Changed() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.changed
}

// count applies a tally to a run's lane and, unless they leave the run out, to the totals.
// mu held.
func (db *DB) count(rs *runState, lane order.Priority, t *tally) {
	t.addTo(&rs.counts[lane])
	if !rs.run.Inert {
		t.addTo(&db.totals[lane])
	}
	if lane == order.VIP {
		db.vipOpen.Add(t.generated - t.processed - t.dead - t.removed)
	}
}

// shift moves orders between waiting, delayed and claimed. mu held.
func (db *DB) shift(rs *runState, lane order.Priority, waiting, delayed, claimed int) {
	for _, c := range [...]*order.LaneCounts{&rs.counts[lane], &db.totals[lane]} {
		c.Waiting += int64(waiting)
		c.Delayed += int64(delayed)
		c.Claimed += int64(claimed)
	}
}

// get returns a copy of a row's value, or [order.ErrNotFound].
func (db *DB) get(key []byte) ([]byte, error) { return get(db.eng, key) }

func get(r pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, order.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read row %q: %w", key[:1], err)
	}
	value := append([]byte(nil), v...)
	return value, closer.Close()
}
