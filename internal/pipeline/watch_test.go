package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// heard collects what a watch announces, such as "1 GENERATING>ENQUEUE_VIP", runs numbered
// in the order in which they are heard of.
type heard struct {
	mu   sync.Mutex // guards what follows
	runs []order.RunID
	all  []string
}

func (h *heard) PublishPhase(c event.PhaseChange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.runs, c.Run) {
		h.runs = append(h.runs, c.Run)
	}
	h.all = append(h.all, fmt.Sprintf("%d %v>%v", slices.Index(h.runs, c.Run)+1, c.From, c.To))
}

// want checks what was announced since it was last asked.
func (h *heard) want(t *testing.T, want ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff(want, h.all); diff != "" {
		t.Errorf("announced (-want +got):\n%s", diff)
	}
	h.all = nil
}

// watched is a store with runs whose phases a watch looks at.
type watched struct {
	*testing.T
	*memstore.Store
	heard
	w   *pipeline.PhaseWatch
	now time.Time
	run order.Run
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	s := &watched{T: t, Store: memstore.New(), now: time.Unix(1_700_000_000, 0)}
	s.w = s.watch()
	return s
}

func (s *watched) watch() *pipeline.PhaseWatch {
	return pipeline.NewPhaseWatch(s, &s.heard, slog.New(slog.DiscardHandler))
}

func (s *watched) look() *watched {
	s.Helper()
	if err := s.w.Look(s.Context()); err != nil {
		s.Fatalf("Look = %v", err)
	}
	return s
}

func (s *watched) begin(kind order.Kind) *watched {
	s.Helper()
	s.now = s.now.Add(time.Second)
	sp := spec(1, mark())
	sp.Kind = kind
	run, err := s.Begin(s.Context(), sp, s.now, nil)
	if err != nil {
		s.Fatal(err)
	}
	if kind != order.Standing {
		s.run = run
	}
	return s
}

// moves takes the run so many phases on.
func (s *watched) moves(n int) *watched {
	s.Helper()
	for range n {
		s.now = s.now.Add(time.Second)
		step := store.Step{From: s.run.Phase, To: s.run.Phase + 1, At: s.now}
		run, err := s.Advance(s.Context(), store.Fence{Run: s.run.ID, Epoch: s.run.Epoch}, step)
		if err != nil {
			s.Fatal(err)
		}
		s.run = run
	}
	return s
}

func (s *watched) cancel() *watched {
	s.Helper()
	s.now = s.now.Add(time.Second)
	if _, err := s.Cancel(s.Context(), s.run.ID, store.CancelOptions{At: s.now}, nil); err != nil {
		s.Fatal(err)
	}
	return s
}

func whole(run int) []string {
	return []string{
		fmt.Sprint(run, " IDLE>GENERATING"), fmt.Sprint(run, " GENERATING>ENQUEUE_VIP"), fmt.Sprint(run, " ENQUEUE_VIP>WAITING_VIP_DRAIN"),
		fmt.Sprint(run, " WAITING_VIP_DRAIN>ENQUEUE_NORMAL"), fmt.Sprint(run, " ENQUEUE_NORMAL>WAITING_NORMAL_DRAIN"), fmt.Sprint(run, " WAITING_NORMAL_DRAIN>DONE"),
	}
}

func TestWatchSkipsNoPhase(t *testing.T) {
	t.Parallel()
	s := newWatched(t).look()
	s.want(t)
	s.begin(order.Generated).look()
	s.want(t, "1 IDLE>GENERATING")
	s.look()
	s.want(t)
	s.moves(3).look()
	s.want(t, whole(1)[1:4]...)
	s.moves(2).look().look()
	s.want(t, whole(1)[4:]...)
	s.begin(order.Generated).moves(5).look()
	s.want(t, whole(2)...)
}

// TestWatchAcrossRuns: what the run before came to is announced before the next begins,
// however many there were.
func TestWatchAcrossRuns(t *testing.T) {
	t.Parallel()
	s := newWatched(t).look().begin(order.Standing).begin(order.Generated).moves(2).look()
	s.want(t, whole(1)[:3]...)
	s.moves(3)
	want := whole(1)[3:]
	for run := 2; run < 30; run++ {
		s.begin(order.Generated).moves(5)
		want = append(want, whole(run)...)
	}
	s.begin(order.Imported).moves(1).look().look()
	s.want(t, append(want, whole(30)[:2]...)...)
}

func TestWatchACancel(t *testing.T) {
	t.Parallel()
	s := newWatched(t).look().begin(order.Generated).moves(1).look()
	s.want(t, whole(1)[:2]...)
	s.moves(1).cancel().look().look()
	s.want(t, whole(1)[2], "1 WAITING_VIP_DRAIN>ERROR")
	s.begin(order.Generated).cancel().begin(order.Generated).look()
	s.want(t, "2 IDLE>GENERATING", "2 GENERATING>ERROR", "3 IDLE>GENERATING")
}

// TestWatchBeginsLate: what was there before the watch is no news.
func TestWatchBeginsLate(t *testing.T) {
	t.Parallel()
	s := newWatched(t).begin(order.Generated).moves(5).begin(order.Generated).moves(2).look()
	s.want(t)
	s.moves(1).look()
	s.want(t, "1 WAITING_VIP_DRAIN>ENQUEUE_NORMAL")
	s.w = s.watch()
	s.look().moves(2).look()
	s.want(t, whole(1)[4:]...)
}

func TestWatchAReset(t *testing.T) {
	t.Parallel()
	s := newWatched(t).look().begin(order.Generated).moves(2).look()
	s.want(t, whole(1)[:3]...)
	for range 2 { // once seen empty, once not
		if _, err := s.Reset(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		s.look()
		s.want(t)
		if _, err := s.Reset(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		s.begin(order.Generated).look()
		s.want(t, fmt.Sprintf("%d IDLE>GENERATING", len(s.runs)))
	}
}

// old is a store whose reads may be of a moment ago.
type old struct {
	*watched
	runs []order.Run // instead of what is there; nil: what is there
	err  error
}

func (s *old) Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error) {
	if s.err != nil || s.runs != nil {
		return s.runs, s.err
	}
	return s.watched.Runs(ctx, before, limit)
}

// TestWatchAnOldRead: a look that sees less than the one before, or nothing, takes nothing
// back and announces nothing twice.
func TestWatchAnOldRead(t *testing.T) {
	t.Parallel()
	s := &old{watched: newWatched(t)}
	s.w = pipeline.NewPhaseWatch(s, &s.heard, slog.New(slog.DiscardHandler))
	s.look().begin(order.Generated).moves(1)
	before, err := s.Runs(t.Context(), order.RunID{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	s.moves(2).look()
	s.want(t, whole(1)[:4]...)
	s.runs = before
	s.look()
	s.runs, s.err = nil, errors.New("no answer")
	if err := s.w.Look(t.Context()); err == nil {
		t.Error("Look = nil, want the store's error")
	}
	s.err = nil
	s.look()
	s.want(t)
	s.moves(1).look()
	s.want(t, whole(1)[4])
}

// TestWatchRuns is told by the store, and looks by itself where that says nothing.
func TestWatchRuns(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string]bool{"told": false, "quiet": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newWatched(t)
				if quiet {
					s.w = pipeline.NewPhaseWatch(deaf{s.Store}, &s.heard, slog.New(slog.DiscardHandler))
				}
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				s.look()
				all.Go(func() { s.w.Run(ctx) })
				for range 3 {
					s.begin(order.Generated).moves(5)
					pass(3 * time.Second / 2) // more than a watch lets go by
				}
				cancel()
				all.Wait()
				s.want(t, slices.Concat(whole(1), whole(2), whole(3))...)
			})
		})
	}
}
