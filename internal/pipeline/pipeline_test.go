package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func allPhases() []order.Phase {
	return []order.Phase{
		order.Generating, order.EnqueueVIP, order.WaitingVIPDrain,
		order.EnqueueNormal, order.WaitingNormalDrain, order.Done,
	}
}

func TestRunGoesThroughEveryPhase(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]order.Work{"mark": mark(), "simulate": simulate()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, pipeline.Options{}, func(b *bed) {
				run, c := b.wait(b.begin(spec(1050, work)).ID)
				b.isDone(run, c)
				synctest.Wait()
				if diff := cmp.Diff(allPhases(), b.seen()); diff != "" {
					b.Errorf("published phases differ (-want +got):\n%s", diff)
				}
				for p := order.Generating; p < order.Done; p++ {
					if run.Entered[p].After(run.Entered[p+1]) {
						b.Errorf("%v was entered at %v, after %v at %v", p, run.Entered[p], p+1, run.Entered[p+1])
					}
				}
				if name == "simulate" && c.Dead() == 0 {
					b.Error("no dead letters, want some: a quarter of all attempts fails")
				}
			})
		})
	}
}

func TestOneOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		run, c := b.wait(b.begin(spec(1, mark())).ID)
		b.isDone(run, c)
	})
}

// TestRestartAnywhere ends the process again and again, a little later each time.
func TestRestartAnywhere(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		started := b.begin(spec(2000, simulate()))
		last := order.Generating
		for range 40 {
			pass(17 * time.Millisecond)
			b.restart()
			resumed, err := b.pl.Resume(b.ctx)
			if err != nil {
				b.Fatalf("Resume = %v", err)
			}
			run, err := b.s.Run(b.ctx, started.ID)
			if err != nil || run.Phase < last {
				b.Fatalf("run after a restart is in %v, %v; it was in %v", run.Phase, err, last)
			}
			last = run.Phase
			if run.Phase.Ended() {
				break
			}
			if len(resumed) != 1 || resumed[0].ID != started.ID {
				b.Fatalf("Resume = %v, want the one run", resumed)
			}
		}
		run, c := b.wait(started.ID)
		b.isDone(run, c)
		if len(run.Gaps) == 0 {
			b.Error("no gap was noted")
		}
		for _, g := range run.Gaps {
			if g.To.Before(g.From) {
				b.Errorf("gap from %v to %v goes back", g.From, g.To)
			}
		}
	})
}

func TestSecondRun(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		first := b.begin(spec(500, simulate()))
		_, err := b.pl.Start(b.ctx, spec(10, mark()), nil)
		var active *order.ActiveRunError
		if !errors.As(err, &active) || active.Run != first.ID {
			b.Errorf("Start while a run is active = %v, want an ActiveRunError with its ID", err)
		}
		b.wait(first.ID)
		second := b.begin(spec(10, mark()))
		run, c := b.wait(second.ID)
		b.isDone(run, c)
		if _, c := b.wait(first.ID); c.Generated() != 500 {
			b.Errorf("the first run has %d orders now, want its 500", c.Generated())
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"generating": time.Microsecond, "vip": 20 * time.Millisecond, "normal": 400 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, pipeline.Options{}, func(b *bed) {
				work := simulate()
				work.Failures = 0
				started := b.begin(spec(3000, work))
				pass(after)
				done, err := b.pl.Cancel(b.ctx, store.CancelOptions{Reason: "enough"}, time.Second, nil)
				if err != nil || !done.Was {
					b.Fatalf("Cancel = %+v, %v; want a run cancelled", done, err)
				}
				run, c := b.wait(started.ID)
				if run.Phase != order.Failed || !run.Cancelled() || run.Failure.Message != "enough" {
					b.Errorf("cancelled run is %v, %+v", run.Phase, run.Failure)
				}
				pass(time.Minute)
				if _, later := b.wait(started.ID); later != c || later.Unsettled() != 0 {
					b.Errorf("counts went from %+v to %+v after the cancel", c, later)
				}
				again, err := b.pl.Cancel(b.ctx, store.CancelOptions{}, time.Second, nil)
				if err != nil || again.Was {
					b.Errorf("second Cancel = %+v, %v; want nothing done", again, err)
				}
				run, c = b.wait(b.begin(spec(100, mark())).ID)
				b.isDone(run, c)
			})
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		started := b.begin(spec(3000, simulate()))
		pass(50 * time.Millisecond)
		wiped, err := b.pl.Reset(b.ctx, nil)
		if err != nil || wiped.Runs != 1 {
			b.Fatalf("Reset = %+v, %v; want one run wiped", wiped, err)
		}
		pass(time.Minute)
		if run, _, err := b.pl.Current(b.ctx); run != nil || err != nil {
			b.Errorf("Current after Reset = %v, %v; want none", run, err)
		}
		if _, err := b.s.Run(b.ctx, started.ID); !errors.Is(err, order.ErrNotFound) {
			b.Errorf("Run after Reset = %v, want not found", err)
		}
		run, c := b.wait(b.begin(spec(100, mark())).ID)
		b.isDone(run, c)
	})
}

// TestIdempotentStart repeats a Start by its key, while its run is active and after it.
func TestIdempotentStart(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		idem := &store.Idempotency{Key: "k", Fingerprint: "f", Now: time.Now()}
		first, err := b.pl.Start(b.ctx, spec(300, simulate()), idem)
		if err != nil {
			b.Fatal(err)
		}
		for range 2 {
			pass(time.Millisecond)
			again, err := b.pl.Start(b.ctx, spec(300, simulate()), idem)
			if err != nil || again.ID != first.ID {
				b.Errorf("Start again = %v, %v; want the same run", again.ID, err)
			}
			run, c := b.wait(first.ID)
			b.isDone(run, c)
		}
		synctest.Wait()
		if diff := cmp.Diff(allPhases(), b.seen()); diff != "" {
			b.Errorf("published phases differ (-want +got):\n%s", diff)
		}
	})
}

// TestIdempotentCancelAndReset repeats both by their keys while a newer run is active:
// that one is left alone.
func TestIdempotentCancelAndReset(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		cancel := &store.Idempotency{Key: "cancel", Fingerprint: "f", Now: time.Now()}
		reset := &store.Idempotency{Key: "reset", Fingerprint: "f", Now: time.Now()}
		b.begin(spec(3000, simulate()))
		first, err := b.pl.Cancel(b.ctx, store.CancelOptions{}, time.Second, cancel)
		if err != nil || !first.Was {
			b.Fatalf("Cancel = %+v, %v", first, err)
		}
		wiped, err := b.pl.Reset(b.ctx, reset)
		if err != nil || wiped.Runs != 1 {
			b.Fatalf("Reset = %+v, %v", wiped, err)
		}
		again, err := b.pl.Cancel(b.ctx, store.CancelOptions{}, time.Second, cancel)
		if err != nil || again.Run.ID != first.Run.ID || again.Removed != first.Removed {
			b.Errorf("Cancel again after a reset = %+v, %v; want what it was", again, err)
		}
		live := b.begin(spec(300, simulate()))
		if again, err := b.pl.Cancel(b.ctx, store.CancelOptions{}, time.Second, cancel); err != nil || again.Run.ID != first.Run.ID {
			b.Errorf("Cancel again beside a live run = %+v, %v; want what it was", again, err)
		}
		if again, err := b.pl.Reset(b.ctx, reset); err != nil || again != wiped {
			b.Errorf("Reset again beside a live run = %+v, %v; want %+v", again, err, wiped)
		}
		run, c := b.wait(live.ID)
		b.isDone(run, c)
	})
}

// TestStale leaves a run unfinished and does not resume it.
func TestStale(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		b.begin(spec(3000, simulate()))
		if why, err := b.pl.EndStale(b.ctx); why != "" || err != nil {
			b.Errorf("EndStale while a run is driven = %q, %v, want none", why, err)
		}
		pass(10 * time.Millisecond)
		b.restart()
		if why, err := b.pl.EndStale(b.ctx); why == "" || err != nil {
			b.Errorf("EndStale of a run that nobody drives = %q, %v, want why", why, err)
		}
		run := b.begin(spec(300, mark()))
		if why, err := b.pl.EndStale(b.ctx); why != "" || err != nil {
			b.Errorf("EndStale beside a fresh run = %q, %v, want none", why, err)
		}
		b.isDone(b.wait(run.ID))
	})
}

func TestInvalidSpecs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*order.Spec){
		"no orders":     func(s *order.Spec) { s.Target = 0 },
		"no weights":    func(s *order.Spec) { s.Weights = order.Weights{} },
		"no chunk":      func(s *order.Spec) { s.ChunkSize = 0 },
		"no block":      func(s *order.Spec) { s.BlockSize = 0 },
		"no handler":    func(s *order.Spec) { s.Work.Handler = "" },
		"no attempts":   func(s *order.Spec) { s.Work.Attempts = 0 },
		"too many":      func(s *order.Spec) { s.Target = order.MaxIndex + 1 },
		"odd failures":  func(s *order.Spec) { s.Work = simulate(); s.Work.Failures = 1.5 },
		"negative work": func(s *order.Spec) { s.Work = simulate(); s.Work.Delay = -1 },
	} {
		s := spec(10, mark())
		change(&s)
		if err := pipeline.Validate(s); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("%s: Validate = %v, want invalid", name, err)
		}
	}
	if err := pipeline.Validate(spec(10, mark())); err != nil {
		t.Errorf("Validate = %v, want no error", err)
	}
}

// fromList is a pipeline over sources that give these orders and then end with err.
func fromList(err error, refuse func(*order.Order, error) error, orders ...order.Order) pipeline.Options {
	return pipeline.Options{Open: func(_ context.Context, run order.Run) (pipeline.Source, error) {
		return &listed{run: run, left: orders[run.Cursor.Next:], cursor: run.Cursor, err: err, refuse: refuse}, nil
	}}
}

func imported() order.Spec {
	s := spec(0, mark())
	s.Kind = order.Imported
	return s
}

func TestSourceFails(t *testing.T) {
	t.Parallel()
	orders := []order.Order{{Customer: "a", Tier: order.Diamond}, {Customer: "b"}}
	broken := &pipeline.SourceError{Kind: "input_lost", Err: errors.New("pipe closed")}
	for name, strict := range map[string]bool{"kept": false, "strict": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, fromList(broken, nil, orders...), func(b *bed) {
				s := imported()
				s.Strict = strict
				run, c := b.wait(b.begin(s).ID)
				if run.Phase != order.Failed || run.Failure.Kind != "input_lost" || run.Failure.Message != "pipe closed" {
					b.Errorf("run ended in %v, %+v; want ERROR input_lost", run.Phase, run.Failure)
				}
				if c.Generated() != 2 || strict && c.Removed() != 2 || !strict && c[order.Normal].Waiting != 1 {
					b.Errorf("counts = %+v", c)
				}
				b.opts.Open = generated
				b.restart()
				if resumed, err := b.pl.Resume(b.ctx); len(resumed) != 0 || err != nil {
					b.Errorf("Resume after a failed run = %v, %v; want none", resumed, err)
				}
				run, c = b.wait(b.begin(spec(100, mark())).ID) // the failed run does not hold the gate
				b.isDone(run, c)
			})
		})
	}
}

// TestRefused takes three orders of which two bear one ref.
func TestRefused(t *testing.T) {
	t.Parallel()
	var refused []string
	refuse := func(o *order.Order, err error) error {
		refused = append(refused, o.Customer)
		if (o.Customer == "b") != errors.Is(err, order.ErrRefConflict) {
			t.Errorf("order of %s refused with %v", o.Customer, err)
		}
		return nil
	}
	opts := fromList(io.EOF, refuse,
		order.Order{Customer: "a", Ref: "1"}, order.Order{Customer: "b", Ref: "1"}, order.Order{Customer: "a", Ref: "1"}, order.Order{Customer: "c", Tier: order.Diamond})
	inBubble(t, opts, func(b *bed) {
		run, c := b.wait(b.begin(imported()).ID)
		if run.Phase != order.Done || c.Generated() != 2 || c.Processed() != 2 {
			b.Errorf("run ended in %v with %+v, want DONE with 2 orders", run.Phase, c)
		}
		if diff := cmp.Diff([]string{"b", "a"}, refused); diff != "" {
			b.Errorf("refused orders differ (-want +got):\n%s", diff)
		}
	})
}

// TestRefusedBeforeItIsStored: while the source notes what is refused, the run's cursor
// is still before it, and nothing of the chunk is stored.
func TestRefusedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	orders := []order.Order{{Customer: "a", Ref: "1"}, {Customer: "b", Ref: "1"}, {Customer: "c", Ref: "2"}}
	inBubble(t, pipeline.Options{}, func(b *bed) {
		heard := 0
		refuse := func(o *order.Order, err error) error {
			heard++
			run, err2 := b.s.Run(b.ctx, o.Key.Run())
			if err == nil || err2 != nil || run.Cursor != (order.Cursor{}) {
				b.Errorf("order of %s refused with %v behind the cursor %+v, %v; want it at the beginning", o.Customer, err, run.Cursor, err2)
			}
			return nil
		}
		b.opts.Open = fromList(io.EOF, refuse, orders...).Open
		b.restart()
		if run, c := b.wait(b.begin(imported()).ID); run.Phase != order.Done || c.Processed() != 2 || heard != 1 {
			b.Errorf("run ended in %v with %+v after %d refusals, want DONE with 2 orders after one", run.Phase, c, heard)
		}
	})
}

// TestStrictRefusalSurvivesAStop stops the process at the moment the source is told of
// an order that ends its strict run. The next process must come to the same end.
func TestStrictRefusalSurvivesAStop(t *testing.T) {
	t.Parallel()
	orders := []order.Order{{Customer: "a", Ref: "1"}, {Customer: "b", Ref: "1"}, {Customer: "c", Ref: "2"}}
	inBubble(t, pipeline.Options{}, func(b *bed) {
		stopped := make(chan struct{})
		stop := sync.OnceFunc(func() {
			go func() { defer close(stopped); b.pl.Stop() }()
			pass(time.Second) // Stop waits for us by now
		})
		refuse := func(o *order.Order, err error) error {
			stop()
			return &pipeline.SourceError{Kind: "refused", Err: fmt.Errorf("order of %s: %w", o.Customer, err)}
		}
		b.opts.Open = fromList(io.EOF, refuse, orders...).Open
		b.restart()
		s := imported()
		s.Strict = true
		started := b.begin(s)
		<-stopped
		if run, err := b.s.Run(b.ctx, started.ID); err != nil || run.Phase != order.Generating {
			b.Fatalf("after the stop the run is in %v, %v; want it unfinished", run.Phase, err)
		}
		b.restart()
		if _, err := b.pl.Resume(b.ctx); err != nil {
			b.Fatal(err)
		}
		run, c := b.wait(started.ID)
		if run.Phase != order.Failed || run.Failure.Kind != "refused" || !strings.Contains(run.Failure.Message, "order of b: ") || c.Generated() != 0 {
			b.Errorf("strict run with a refused order ended in %v, %+v with %+v; want ERROR refused, nothing stored", run.Phase, run.Failure, c)
		}
	})
}

// TestStrictEnqueuesNothingEarly holds every order back until the source has ended.
func TestStrictEnqueuesNothingEarly(t *testing.T) {
	t.Parallel()
	inBubble(t, pipeline.Options{}, func(b *bed) {
		hold := make(chan struct{})
		b.opts.Open = func(_ context.Context, run order.Run) (pipeline.Source, error) {
			return &held{listed{run: run, left: []order.Order{{Customer: "a", Tier: order.Diamond}}, err: io.EOF}, hold}, nil
		}
		b.restart()
		s := imported()
		s.Strict = true
		started := b.begin(s)
		pass(time.Hour)
		if c, _ := b.s.Counts(b.ctx, started.ID); c.Generated() != 1 || c.Processed() != 0 {
			b.Errorf("before the source has ended: %+v, want one order stored, none processed", c)
		}
		close(hold)
		if run, c := b.wait(started.ID); run.Phase != order.Done || c.Processed() != 1 {
			b.Errorf("run ended in %v with %+v", run.Phase, c)
		}
	})
}

// held is a source that waits before it says that it has ended.
type held struct {
	listed
	hold <-chan struct{}
}

func (h *held) Next(ctx context.Context, dst []order.Order) (int, order.Cursor, error) {
	if len(h.left) == 0 {
		select {
		case <-h.hold:
		case <-ctx.Done():
			return 0, h.cursor, ctx.Err()
		}
	}
	return h.listed.Next(ctx, dst)
}
