package crashkit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// dir is where stores lie in file systems in memory: two levels deep, since the folders
// that lead to a store must survive as well.
const dir = "data/store"

// conduct says how a process works.
type conduct struct {
	workers  int
	batch    int    // orders a worker takes at once
	memTable uint64 // bytes; small ones make many flushes
	settle   time.Duration
}

// life is one life of a process: from its start to its crash, or to its end.
type life struct {
	db     *pebblestore.DB
	ledger *ledger
	pipe   *pipeline.Pipeline
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// start opens the store, holds it against what is known of it, and sets the workers to
// work.
func start(t *testing.T, fs vfs.FS, how conduct, known acks) *life {
	t.Helper()
	l := &life{db: open(t, fs, how.memTable, !known.run.IsZero()), ledger: newLedger(known)}
	sound(t, l.db)
	known.check(t, l.db)
	recorded := recorder{l.db, l.ledger}
	pool := queue.New(recorded, queue.Options{
		Workers:     how.workers,
		Handlers:    how.handler,
		Backoff:     queue.Backoff{Base: time.Millisecond, Max: 4 * time.Millisecond},
		SettleEvery: how.settle,
	})
	l.pipe = pipeline.New(recorded, pipeline.Options{Open: generated})
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	l.work.Go(func() { _ = pool.Run(ctx) })
	return l
}

// end takes the process down in order. After a crash that is only to free what it
// holds: its file system is no longer anybody's.
func (l *life) end(t *testing.T) {
	t.Helper()
	l.pipe.Stop()
	l.stop()
	l.work.Wait()
	shut(t, l.db)
}

func open(t *testing.T, fs vfs.FS, memTable uint64, mustExist bool) *pebblestore.DB {
	t.Helper()
	db, err := pebblestore.Open(dir, pebblestore.Options{
		FS: fs, MemTable: memTable, Reserve: -1, MustExist: mustExist,
		Exit: func(message string) { panic(message) },
	})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return db
}

func shut(t *testing.T, db *pebblestore.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

// handler gives the workers smaller helpings than the run's handler asks for.
func (c conduct) handler(run order.Run) (handler.Handler, error) {
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	return helping{h, c.batch}, err
}

type helping struct {
	handler.Handler
	size int
}

// Batch implements [handler.Handler].
func (h helping) Batch() int { return h.size }

func generated(_ context.Context, run order.Run) (pipeline.Source, error) {
	return ordergen.NewSource(run), nil
}

// sound fails the test unless the store verifies clean and its counters in memory agree
// with the recount.
func sound(t *testing.T, db *pebblestore.DB) {
	t.Helper()
	report, err := db.Verify(t.Context())
	if err != nil {
		t.Fatalf("Verify() = %v", err)
	}
	if !report.Clean() {
		t.Fatalf("Verify() found %d problems, want none: %q", report.Found, report.Problems)
	}
	for _, r := range report.Runs {
		counts, err := db.Counts(t.Context(), r.Run.ID)
		if err != nil {
			t.Fatalf("Counts(%s) = %v", r.Run.ID, err)
		}
		if diff := cmp.Diff(standing(r.Counts), standing(counts)); diff != "" {
			t.Fatalf("Counts(%s) differs from the recount (-recount +counts):\n%s", r.Run.ID, diff)
		}
	}
}

// standing makes counts comparable over a restart: where pending orders are is left out,
// how many there are is not.
func standing(c order.Counts) order.Counts {
	for lane := range c {
		c[lane].Waiting, c[lane].Delayed, c[lane].Claimed = c[lane].Waiting+c[lane].Delayed+c[lane].Claimed, 0, 0
	}
	return c
}

// finished fails the test unless the run is done, complete, and as its seed foretells.
func finished(t *testing.T, db *pebblestore.DB, id order.RunID) {
	t.Helper()
	run, err := db.Run(t.Context(), id)
	if err != nil || run.Phase != order.Done {
		t.Fatalf("Run(%s) = %v, %v; want it DONE", id, run.Phase, err)
	}
	counts, err := db.Counts(t.Context(), id)
	if err != nil {
		t.Fatalf("Counts(%s) = %v", id, err)
	}
	if err := complete(&run, &counts); err != nil {
		t.Fatalf("run %s: %v", id, err)
	}
}

// complete says what is wrong with a run that is done, nil if nothing is: every order
// settled once, the known digest, and VIP before NORMAL.
func complete(run *order.Run, counts *order.Counts) error {
	if counts.Generated() != run.Spec.Target || counts.Unsettled() != 0 || counts.Removed() != 0 || !counts.Conserved() {
		return fmt.Errorf("counts are %+v, want %d orders, all settled", *counts, run.Spec.Target)
	}
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		return err
	}
	known := ordergen.New(run.Spec.Seed, run.Spec.Weights).Digest(uint64(run.Spec.Target), h.Foretell)
	if counts.Digest() != known {
		return fmt.Errorf("digest is %v, the seed foretells %v", counts.Digest(), known)
	}
	if vip, normal := counts[order.VIP].Last, counts[order.Normal].First; vip.After(normal) {
		return fmt.Errorf("the last VIP was done at %v, after the first NORMAL began at %v", vip, normal)
	}
	return nil
}
