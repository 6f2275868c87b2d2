package crashkit

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
)

// loss is what a power loss left, and what had been acknowledged before it.
type loss struct {
	left *disk
	told acks
}

// TestEverySync takes the power right before and right after every single sync of a
// small run, those of opening and closing included: where a commit can be half done,
// there is a sync in its middle.
func TestEverySync(t *testing.T) {
	t.Parallel()
	how := conduct{workers: 2, batch: 25, memTable: 64 << 10, settle: time.Millisecond}
	spec := order.Spec{
		Kind: order.Generated, Target: 400, Seed: chance(t).Uint64(), Weights: order.Weights{1, 1, 1, 1},
		Work: handler.WorkFor(0, 0.1, 2), ChunkSize: 100, BlockSize: 25,
	}
	losses := everySync(t, spec, how)
	for _, loss := range losses {
		loss.inspect(t, how)
	}
	t.Logf("%d power losses", len(losses))
}

// everySync works through a run and returns the loss at every sync, and one after the
// end of the run was acknowledged.
func everySync(t *testing.T, spec order.Spec, how conduct) (losses []loss) {
	t.Helper()
	fs := newDisk()
	var l *life
	crash := func() {
		var told acks
		if l != nil {
			told = l.ledger.known(l.db) // before the crash, not after it
		}
		losses = append(losses, loss{fs.lose(0, nil), told})
	}
	tapped := newTap(fs, crash)
	opened := start(t, tapped, how, acks{})
	tapped.still(func() { l = opened })
	run, err := l.pipe.Start(t.Context(), spec, nil)
	if err != nil {
		t.Fatalf("Start() = %v", err)
	}
	if _, err := l.pipe.Wait(t.Context(), run.ID); err != nil {
		t.Fatalf("Wait() = %v", err)
	}
	finished(t, l.db, run.ID)
	tapped.still(crash)
	l.end(t)
	return losses
}

// inspect opens what is left, twice: power may go again while the store recovers.
func (l loss) inspect(t *testing.T, how conduct) {
	t.Helper()
	var again []*disk
	l.reopen(t, newTap(l.left, func() { again = append(again, l.left.lose(0, nil)) }), how)
	if len(again) > 0 {
		l.reopen(t, again[len(again)/2], how)
	}
}

func (l loss) reopen(t *testing.T, fs vfs.FS, how conduct) {
	t.Helper()
	db := open(t, fs, how.memTable, !l.told.run.IsZero())
	sound(t, db)
	l.told.check(t, db)
	shut(t, db)
}
