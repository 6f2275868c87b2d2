package fleetkit

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// TestRetries has handlers fail, orders retried and given up, while Redis is killed and
// flushed and MongoDB's connections are cut; then dead letters are put back amid the same
// faults. Which orders are dead in the end, and after how many attempts, the seed foretells.
func TestRetries(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	sv, redis := newServers(t, "rs")
	s := begin(t, sv, 8)
	faults := 0
	trouble := func() {
		faults++
		switch rng.IntN(3) {
		case 0:
			redis.Kill()
			redis.Restart()
		case 1:
			if _, err := redis.Do("FLUSHALL"); err != nil {
				t.Errorf("FLUSHALL: %v", err)
			}
		default:
			sv.mongo.Inject(mongotest.Fault{Action: pick(rng, mongotest.CutBefore, mongotest.CutAfter)})
		}
	}
	for range times(1) {
		work := spec(rng, 5000, 0)
		work.Work = handler.WorkFor(4*time.Millisecond, 0.05, 2)
		id := s.start(work)
		harm(rng, s.done(id), times(30), 50*time.Millisecond, 400*time.Millisecond, trouble)
		s.finished(id)

		dead := s.counts(id)
		if dead.Dead() == 0 {
			t.Fatal("no order is a dead letter, want some")
		}
		s.redrive(rng.Uint64(), dead.Dead(), trouble)
		calm(t.Context().Done(), func() bool {
			c, err := s.db.Counts(t.Context(), id)
			return err == nil && c.Unsettled() == 0
		})
		s.redriven(id, &dead)
	}
	t.Logf("%d faults; MongoDB's: %v", faults, sv.mongo.Struck())
}

// redrive puts all dead letters back, in spite of the trouble, with one key: however
// often it is repeated, it takes effect once.
func (s *bed) redrive(key uint64, want int64, trouble func()) {
	s.t.Helper()
	idem := &store.Idempotency{Key: order.Digest{Lo: key}.String(), Fingerprint: "redrive", Now: time.Now()}
	for begun := time.Now(); ; wait(10 * time.Millisecond) {
		trouble()
		n, err := s.db.Redrive(s.t.Context(), store.RedriveOptions{At: idem.Now}, idem)
		if err == nil && n != want {
			s.t.Fatalf("Redrive() = %d, want %d", n, want)
		}
		if err == nil {
			return
		}
		if time.Since(begun) > finishWithin {
			s.t.Fatalf("Redrive() = %v", err)
		}
	}
}

// redriven fails the test unless the dead letters that were put back have died again, since
// each fails as it did before, and nothing else has changed.
func (s *bed) redriven(id order.RunID, before *order.Counts) {
	s.t.Helper()
	run, counts := s.ended(id), s.counts(id)
	if counts.Dead() != before.Dead() || counts.Processed() != before.Processed() || counts.Digest() != before.Digest() {
		s.t.Fatalf("counts are %+v after the dead letters were put back and died again, were %+v", counts, *before)
	}
	s.sound()
	if err := foretold(&run, readOrders(s.t, s.mongo.URI(database), id)); err != nil {
		s.t.Fatalf("run %s in the database: %v", id, err)
	}
	page, err := s.db.DeadLetters(s.t.Context(), store.DeadQuery{Limit: 1000})
	if err != nil || int64(len(page.Letters)) != before.Dead() {
		s.t.Fatalf("DeadLetters() = %d letters, %v; want %d", len(page.Letters), err, before.Dead())
	}
	for i := range page.Letters {
		if l := &page.Letters[i]; l.Redriven != 1 || l.Attempts != run.Spec.Work.Attempts {
			s.t.Errorf("dead letter %s was put back %d times and took %d attempts, want 1 and %d", l.Order.Key, l.Redriven, l.Attempts, run.Spec.Work.Attempts)
		}
	}
}
