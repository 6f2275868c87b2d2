package crashkit

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
)

// TestPowerLoss takes the power from runs at random moments, up to six times each, lets
// each run go on to its end, and takes the power once more.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	runs := 100
	if brief() {
		runs = 8
	}
	seen := make(map[order.Phase]int)
	crashes := 0
	for range runs {
		crashes += newOrdeal(rng, seen).endure(t, 6)
	}
	t.Logf("%d power losses; all %d runs done; by phase: %v", crashes, runs, seen)
	if !brief() && crashes < 300 {
		t.Errorf("%d power losses, want at least 300", crashes)
	}
}

// ordeal is a run that loses its power again and again.
type ordeal struct {
	rng  *rand.Rand
	spec order.Spec
	how  conduct
	seen map[order.Phase]int // crashes, by the phase that was acknowledged
}

func newOrdeal(rng *rand.Rand, seen map[order.Phase]int) *ordeal {
	o := &ordeal{rng: rng, seen: seen, spec: order.Spec{
		Kind:      order.Generated,
		Target:    int64(2000 + rng.IntN(2000)),
		Seed:      rng.Uint64(),
		Weights:   order.Weights{1, 1, 1, 1},
		Work:      handler.WorkFor(0, pick(rng, 0, 0.02, 0.2), 3),
		ChunkSize: 100 + rng.IntN(400),
		BlockSize: 50,
	}}
	o.how = conduct{workers: 1 + rng.IntN(8), batch: pick(rng, 50, 50, 200), settle: time.Millisecond}
	if rng.IntN(6) == 0 { // slow enough for parts of blocks to be settled
		o.spec.Target, o.spec.Work.Handler, o.spec.Work.Delay = 300, handler.NameSimulate, time.Microsecond
		o.spec.ChunkSize = 50
	}
	return o
}

// calls returns about how many calls of the store a run makes.
func (o *ordeal) calls() int {
	return int(o.spec.Target)/o.spec.ChunkSize + int(o.spec.Target)/o.how.batch + 6
}

// endure runs to the end through at most that many crashes and one at the end, and
// returns how many there were.
func (o *ordeal) endure(t *testing.T, most int) (crashes int) {
	t.Helper()
	fs := newDisk()
	var known acks
	for crashes < most && known.phase != order.Done {
		o.how.memTable = pick[uint64](o.rng, 64<<10, 256<<10, 1<<20)
		if o.rng.IntN(8) == 0 {
			fs = o.wake(t, fs)
		} else {
			fs, known = o.live(t, fs, known)
		}
		o.seen[known.phase]++
		crashes++
	}
	o.finish(t, fs, known)
	o.seen[order.Done]++
	return crashes + 1
}

// wake loses the power while the store is being opened.
func (o *ordeal) wake(t *testing.T, fs *disk) (left *disk) {
	t.Helper()
	rng := fork(o.rng)
	dark := make(chan struct{})
	go func() {
		defer close(dark)
		stray(rng)
		left = fs.lose(percent(rng), rng)
	}()
	db := open(t, fs, o.how.memTable, false)
	<-dark
	shut(t, db)
	return left
}

// live works until the power goes, and returns what is left, with what was
// acknowledged by then.
func (o *ordeal) live(t *testing.T, fs *disk, known acks) (left *disk, told acks) {
	t.Helper()
	l := start(t, fs, o.how, known)
	defer l.end(t)
	rng := fork(o.rng)
	dark := make(chan struct{})
	moment := l.ledger.after(o.rng.IntN(1 + o.calls()/4))
	done := o.goOn(t, l, known)
	go func() {
		defer close(dark)
		select {
		case <-moment:
		case <-done:
		}
		stray(rng)
		told = l.ledger.known(l.db)
		left = fs.lose(percent(rng), rng)
	}()
	<-dark
	return left, told
}

// stray lets others go on for a random little while.
func stray(rng *rand.Rand) {
	for range rng.IntN(100) {
		runtime.Gosched()
	}
}

// percent returns how likely what was not synced survives: often not at all.
func percent(rng *rand.Rand) int { return pick(rng, 0, 0, rng.IntN(101), 100) }

// goOn begins or resumes the run and returns a channel that is closed when it is done.
func (o *ordeal) goOn(t *testing.T, l *life, known acks) <-chan struct{} {
	t.Helper()
	id := known.run
	if id.IsZero() {
		run, err := l.pipe.Start(t.Context(), o.spec, nil)
		if err != nil {
			t.Fatalf("Start() = %v", err)
		}
		id = run.ID
	} else if _, err := l.pipe.Resume(t.Context()); err != nil {
		t.Fatalf("Resume() = %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.pipe.Wait(t.Context(), id)
	}()
	return done
}

// finish lets the run come to its end, takes the power once more, and looks at what is
// left.
func (o *ordeal) finish(t *testing.T, fs *disk, known acks) {
	t.Helper()
	l := start(t, fs, o.how, known)
	<-o.goOn(t, l, known)
	known = l.ledger.known(l.db)
	finished(t, l.db, known.run)
	left := fs.lose(0, nil)
	l.end(t)

	db := open(t, left, o.how.memTable, true)
	sound(t, db)
	known.check(t, db)
	finished(t, db, known.run)
	shut(t, db)
}
