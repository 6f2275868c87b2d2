package crashkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// verb is a call whose effect must hold once it has returned.
type verb struct {
	name  string
	do    func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error)
	first func(ctx context.Context, s *scene) error // what must have happened before; nil for nothing
}

func verbs() []verb {
	clean := func(state store.JobState) func(context.Context, *scene, *store.Idempotency) (any, error) {
		return func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			return s.db.Clean(ctx, store.CleanOptions{State: state, Limit: 5, At: s.now}, idem)
		}
	}
	cancel := func(opts store.CancelOptions) func(context.Context, *scene, *store.Idempotency) (any, error) {
		return func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			opts.At = s.now
			return s.db.Cancel(ctx, s.run.ID, opts, idem)
		}
	}
	return []verb{
		{name: "Begin", do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			spec := s.run.Spec
			spec.Kind = order.Standing
			return s.db.Begin(ctx, spec, s.now, idem)
		}},
		{name: "Cancel", do: cancel(store.CancelOptions{Reason: "enough"})},
		{name: "CancelKeepPending", do: cancel(store.CancelOptions{KeepPending: true, ShowIdle: true})},
		{name: "Reset", do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			return s.db.Reset(ctx, idem)
		}},
		{name: "Pause", do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			return nil, s.db.Pause(ctx, idem)
		}},
		{
			name:  "Resume",
			first: func(ctx context.Context, s *scene) error { return s.db.Pause(ctx, nil) },
			do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
				return nil, s.db.Resume(ctx, idem)
			},
		},
		{name: "CleanWaiting", do: clean(store.Waiting)},
		{name: "CleanDelayed", do: clean(store.Delayed)},
		{name: "CleanActive", do: clean(store.Active)},
		{name: "CleanFailed", do: clean(store.FailedJob)},
		{name: "CleanCompleted", do: clean(store.Completed)},
		{name: "Redrive", do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			return s.db.Redrive(ctx, store.RedriveOptions{At: s.now, Limit: 3}, idem)
		}},
		{name: "Remove", do: func(ctx context.Context, s *scene, idem *store.Idempotency) (any, error) {
			return s.db.Remove(ctx, []order.Key{s.run.ID.Key(1), s.run.ID.Key(30), s.run.ID.Key(59)}, idem)
		}},
	}
}

// TestVerbs takes the power at every sync of each verb, and once it has returned. What
// is left is the state before or the one after; once acknowledged it is the one after,
// and repeating the call by its key changes nothing.
func TestVerbs(t *testing.T) {
	t.Parallel()
	for _, v := range verbs() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			rng := chance(t)
			for _, percent := range []int{0, 0, rng.IntN(101), 100} {
				v.endure(t, percent, rng)
			}
		})
	}
}

func (v verb) endure(t *testing.T, percent int, rng *rand.Rand) {
	t.Helper()
	fs := newDisk()
	var midway []*disk
	tapped := newTap(fs, func() { midway = append(midway, fs.lose(percent, rng)) })
	s := setScene(t, tapped)
	if v.first != nil {
		if err := v.first(t.Context(), s); err != nil {
			t.Fatalf("before %s: %v", v.name, err)
		}
	}
	before := s.look(t)
	tapped.still(func() { midway = nil })
	idem := &store.Idempotency{Key: "once", Fingerprint: v.name, Now: s.now}
	result, err := v.do(t.Context(), s, idem)
	if err != nil {
		t.Fatalf("%s = %v", v.name, err)
	}
	var left *disk
	tapped.still(func() { left = fs.lose(percent, rng) })
	after := s.look(t)
	shut(t, s.db)
	if before == after {
		t.Fatalf("%s changed nothing", v.name)
	}
	for _, fs := range midway {
		s.db = open(t, fs, 0, true)
		sound(t, s.db)
		if got := s.look(t); got != before && got != after {
			t.Fatalf("half a %s survived:\n%s", v.name, cmp.Diff(after, got))
		}
		shut(t, s.db)
	}
	s.db = open(t, left, 0, true)
	sound(t, s.db)
	if diff := cmp.Diff(after, s.look(t)); diff != "" {
		t.Fatalf("%s did not survive (-acknowledged +found):\n%s", v.name, diff)
	}
	again, err := v.do(t.Context(), s, idem)
	if diff := cmp.Diff(result, again); err != nil || diff != "" {
		t.Fatalf("%s again = %v and differs (-first +again):\n%s", v.name, err, diff)
	}
	if diff := cmp.Diff(after, s.look(t)); diff != "" {
		t.Fatalf("%s again had an effect:\n%s", v.name, diff)
	}
	shut(t, s.db)
}

// scene is a store with orders in every place: waiting, claimed, delayed, processed,
// dead, and not enqueued yet.
type scene struct {
	db  *pebblestore.DB
	run order.Run
	now time.Time
}

const sceneOrders = 60

func setScene(t *testing.T, fs vfs.FS) *scene {
	t.Helper()
	s := &scene{db: open(t, fs, 0, false), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.run = begin(t, s.db, s.now)
	insert(t, s.db, s.run, sceneOrders, order.VIP)
	for _, status := range []order.Status{order.Processed, order.Pending, order.Dead, order.Dead} {
		s.now = s.now.Add(time.Minute)
		settle(t, s.db, claimOne(t, s.db, s.now), status, s.now, s.now.Add(time.Hour))
	}
	claimOne(t, s.db, s.now) // and dies with it
	s.now = s.now.Add(time.Minute)
	return s
}

// look describes all that a restart must not change.
func (s *scene) look(t *testing.T) string {
	t.Helper()
	totals, err := s.db.Totals(t.Context())
	if err != nil {
		t.Fatalf("Totals() = %v", err)
	}
	text := fmt.Sprintf("paused %v, hidden %d, generation %d, totals %+v\n", totals.Paused, totals.Hidden, totals.Generation, standing(totals.Counts))
	runs, err := s.db.Runs(t.Context(), order.RunID{}, 10)
	if err != nil {
		t.Fatalf("Runs() = %v", err)
	}
	for _, run := range runs {
		counts, err := s.db.Counts(t.Context(), run.ID)
		if err != nil {
			t.Fatalf("Counts() = %v", err)
		}
		text += fmt.Sprintf("%s %v epoch %d void %v inert %v idle %v %+v: %+v\n",
			run.ID, run.Phase, run.Epoch, run.Void, run.Inert, run.ShowIdle, run.Failure, standing(counts))
	}
	return text + s.places(t)
}

// places says where each order is. Claimed ones are again where they were claimed from.
func (s *scene) places(t *testing.T) string {
	t.Helper()
	var text string
	for index := range uint64(sceneOrders) {
		o, err := s.db.Order(t.Context(), s.run.ID.Key(index))
		text += fmt.Sprintf("%d: %v %d %q %v\n", index, o.Status, o.Attempts, o.Note, err)
	}
	page, err := s.db.DeadLetters(t.Context(), store.DeadQuery{Limit: 100})
	if err != nil {
		t.Fatalf("DeadLetters() = %v", err)
	}
	for _, l := range page.Letters {
		text += fmt.Sprintf("dead %d: %s, %d attempts, redriven %d\n", l.Order.Key.Index(), l.Group, l.Attempts, l.Redriven)
	}
	return text
}
