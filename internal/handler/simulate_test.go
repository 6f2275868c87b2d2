package handler_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// fails says whether the handler fails that attempt of the order.
func fails(t interface{ Errorf(string, ...any) }, h handler.Handler, o *order.Order, attempt int) bool {
	o.Attempts = attempt
	err := h.Handle(context.Background(), o)
	if err != nil && !errors.Is(err, handler.ErrSimulated) {
		t.Errorf("Handle = %v, want nil or ErrSimulated", err)
	}
	return err != nil
}

// end calls the handler as a worker does, until the order is processed or has used up
// its attempts.
func end(t interface{ Errorf(string, ...any) }, h handler.Handler, o *order.Order, attempts int) {
	for attempt := range attempts {
		if !fails(t, h, o, attempt) {
			o.Process(time.Time{})
			return
		}
	}
	o.Kill(time.Time{}, handler.ErrSimulated.Error())
}

func TestForetellAgreesWithWhatHandleEndsIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		work := simulate(0, rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 0.01, 0.5, 1})).Draw(t, "failures"),
			rapid.IntRange(1, 10).Draw(t, "attempts"))
		h, err := handler.New(work, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatalf("New(%+v) = %v", work, err)
		}
		index, tier := rapid.Uint64Max(order.MaxIndex).Draw(t, "index"), order.Tier(rapid.IntRange(0, 3).Draw(t, "tier"))
		got, want := anOrder(index, tier, 0), anOrder(index, tier, 0)
		h.Foretell(got)
		end(t, h, want, work.Attempts)
		want.Attempts = 0 // the queue's business
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Foretell of order %d (-as handled +as foretold):\n%s", index, diff)
		}
		// Foretold again on the way, after some attempts, it ends no other way.
		for attempt := range work.Attempts {
			again := anOrder(index, tier, attempt)
			h.Foretell(again)
			again.Attempts = 0
			if diff := cmp.Diff(got, again); diff != "" {
				t.Fatalf("Foretell after %d attempts (-at first +then):\n%s", attempt, diff)
			}
			if !fails(t, h, anOrder(index, tier, 0), attempt) {
				break
			}
		}
	})
}

// Whether an attempt fails depends on seed, index and attempt, and on nothing else.
func TestFailuresAreAFunctionOfSeedIndexAndAttempt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		failures := rapid.Float64Range(0, 1).Draw(t, "failures")
		index, attempt := rapid.Uint64Max(order.MaxIndex).Draw(t, "index"), rapid.IntRange(0, 9).Draw(t, "attempt")
		first, err := handler.New(simulate(0, failures, 10), seed)
		if err != nil {
			t.Fatalf("New = %v", err)
		}
		second, err := handler.New(simulate(0, failures, 3), seed)
		if err != nil {
			t.Fatalf("New = %v", err)
		}
		want := fails(t, first, anOrder(index, order.Gold, 0), attempt)
		other := &order.Order{Key: order.NewRunID(1, 2).Key(index), Tier: order.Diamond, Reason: handler.ErrSimulated.Error()}
		fails(t, second, anOrder(index+1, order.Gold, 0), attempt) // what came before does not count
		for range 2 {
			if got := fails(t, second, other, attempt); got != want {
				t.Fatalf("attempt %d of order %d fails: %v at first, %v later", attempt, index, want, got)
			}
		}
	})
}

// What fails under a share of failures fails under any higher one too.
func TestHigherShareFailsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		low := rapid.Float64Range(0, 1).Draw(t, "low")
		high := rapid.Float64Range(low, 1).Draw(t, "high")
		less, err := handler.New(simulate(0, low, 1), seed)
		if err != nil {
			t.Fatalf("New = %v", err)
		}
		more, err := handler.New(simulate(0, high, 1), seed)
		if err != nil {
			t.Fatalf("New = %v", err)
		}
		o := anOrder(rapid.Uint64Max(order.MaxIndex).Draw(t, "index"), order.Gold, 0)
		if fails(t, less, o, 0) && !fails(t, more, o, 0) {
			t.Fatalf("order %d fails at %v and not at %v", o.Key.Index(), low, high)
		}
	})
}

func TestHandleLeavesTheOrderAlone(t *testing.T) {
	t.Parallel()
	for _, failures := range []float64{0, 1} {
		h := newHandler(t, simulate(0, failures, 3), 42)
		o := anOrder(7, order.Diamond, 1)
		_ = h.Handle(t.Context(), o)
		if diff := cmp.Diff(anOrder(7, order.Diamond, 1), o); diff != "" {
			t.Errorf("Handle at failures %v changed the order (-before +after):\n%s", failures, diff)
		}
	}
}

// Seeds are fixed, so this passes always or never. A count is judged by how many
// standard deviations it is off.
func TestShareOfFailures(t *testing.T) {
	t.Parallel()
	const n = 20_000
	off := func(count int, n, p float64) float64 { return math.Abs(float64(count)-n*p) / math.Sqrt(n*p*(1-p)) }
	for _, p := range []float64{0.01, 0.1, 0.5, 0.9} {
		for _, seed := range []uint64{0, 1, 2, 42, 0x9e3779b97f4a7c15, math.MaxUint64} {
			h := newHandler(t, simulate(0, p, 3), seed)
			g := ordergen.New(seed, order.Weights{1, 1, 1, 1})
			orders := make([]order.Order, n)
			g.Fill(orders, aRun(), 0)
			var attempts [3]int
			var both, inARow, vips, ofVIPs int
			failed := false
			for i := range orders {
				first, second := fails(t, h, &orders[i], 0), fails(t, h, &orders[i], 1)
				for attempt, f := range []bool{first, second, fails(t, h, &orders[i], 2)} {
					attempts[attempt] += one(f)
				}
				both += one(first && second)
				inARow += one(first && failed)
				failed = first
				if orders[i].Priority() == order.VIP {
					vips++
					ofVIPs += one(first)
				}
			}
			for attempt, count := range attempts {
				if off(count, n, p) > 5 {
					t.Errorf("seed %d, share %v: attempt %d fails %d of %d times", seed, p, attempt, count, n)
				}
			}
			if off(both, n, p*p) > 5 {
				t.Errorf("seed %d, share %v: first and second attempt fail %d of %d times, want a share of %v", seed, p, both, n, p*p)
			}
			if off(inARow, n, p*p) > 5 {
				t.Errorf("seed %d, share %v: an order and the next fail %d of %d times, want a share of %v", seed, p, inARow, n, p*p)
			}
			if off(ofVIPs, float64(vips), p) > 5 {
				t.Errorf("seed %d, share %v: %d of %d VIP orders fail", seed, p, ofVIPs, vips)
			}
		}
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestNoneAndAllFail(t *testing.T) {
	t.Parallel()
	none, all := newHandler(t, simulate(0, 0, 1), 42), newHandler(t, simulate(0, 1, 1), 42)
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(rapid.Uint64Max(order.MaxIndex).Draw(t, "index"), order.Gold, 0)
		attempt := rapid.IntRange(0, 100).Draw(t, "attempt")
		if fails(t, none, o, attempt) || !fails(t, all, o, attempt) {
			t.Fatalf("attempt %d of order %d: fails with none to fail, or not with all", attempt, o.Key.Index())
		}
	})
}

// The outcome of a run is known before it starts, and must be in any later version.
func TestForetoldDigestIsWhatItAlwaysWas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		work order.Work
		dead int
		want string
	}{
		{handler.WorkFor(0, 0, 3), 0, "12258fa3e7178ced4d94f7f91ed3716e"},
		{simulate(time.Second, 0, 3), 0, "12258fa3e7178ced4d94f7f91ed3716e"},
		{simulate(0, 0.01, 3), 0, "12258fa3e7178ced4d94f7f91ed3716e"},
		{simulate(0, 0.3, 3), 26, "d91bad8a477f7d0e9dbebf6deb6f9815"},
		{simulate(0, 0.5, 1), 457, "97241f478f66689925f14dca086d9b9a"},
		{simulate(0, 1, 2), 1000, "afd56ccacc971702cd9c11d82329e9aa"},
	}
	for _, test := range tests {
		h, dead := newHandler(t, test.work, 42), 0
		got := ordergen.New(42, order.Weights{25, 25, 25, 25}).Digest(1000, func(o *order.Order) {
			h.Foretell(o)
			dead += one(o.Status == order.Dead)
		})
		if got.String() != test.want || dead != test.dead {
			t.Errorf("%+v: digest %v, %d dead, want %s, %d", test.work, got, dead, test.want, test.dead)
		}
	}
}

func TestHandleTakesItsTime(t *testing.T) {
	t.Parallel()
	for _, failures := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler(t, simulate(2*time.Millisecond, failures, 3), 42)
			start := time.Now()
			if failed := fails(t, h, anOrder(7, order.Gold, 0), 0); failed != (failures == 1) {
				t.Errorf("at failures %v it fails: %v", failures, failed)
			}
			if took := time.Since(start); took != 2*time.Millisecond {
				t.Errorf("at failures %v Handle took %v, want 2ms", failures, took)
			}
		})
	}
}

func TestHandleHeedsItsContext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		work   order.Work
		cancel time.Duration // after the call; negative: before it
		took   time.Duration
		want   error
	}{
		{"cancelled while it works", simulate(time.Hour, 0, 3), time.Minute, time.Minute, context.Canceled},
		{"cancelled while it works in vain", simulate(time.Hour, 1, 3), time.Minute, time.Minute, context.Canceled},
		{"cancelled before", simulate(time.Hour, 0, 3), -1, 0, context.Canceled},
		{"cancelled before, no time to take", simulate(0, 0, 3), -1, 0, context.Canceled},
		{"cancelled before, and would fail", simulate(0, 1, 3), -1, 0, context.Canceled},
		{"cancelled after", simulate(time.Minute, 0, 3), time.Hour, time.Minute, nil},
		{"cancelled after it failed", simulate(time.Minute, 1, 3), time.Hour, time.Minute, handler.ErrSimulated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHandler(t, test.work, 42)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.cancel < 0 {
					cancel()
				} else {
					timer := time.AfterFunc(test.cancel, cancel)
					defer timer.Stop()
				}
				start := time.Now()
				if err := h.Handle(ctx, anOrder(7, order.Gold, 0)); !errors.Is(err, test.want) {
					t.Errorf("Handle = %v, want %v", err, test.want)
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("Handle took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func TestHandleHeedsItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, simulate(time.Hour, 0, 3), 42)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Handle(ctx, anOrder(7, order.Gold, 0)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Handle = %v, want DeadlineExceeded", err)
		}
	})
}

// Many workers share one handler. They agree with one that works alone.
func TestHandlersAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	for _, work := range []order.Work{handler.WorkFor(0, 0, 3), simulate(0, 0.5, 3)} {
		h := newHandler(t, work, 42)
		alone := make([]order.Order, 500)
		ordergen.New(42, order.Weights{1, 1, 1, 1}).Fill(alone, aRun(), 0)
		foretold := append([]order.Order(nil), alone...)
		for i := range alone {
			end(t, h, &alone[i], 3)
			alone[i].Attempts = 0
		}
		var workers sync.WaitGroup
		for w := range 8 {
			workers.Go(func() {
				for i := range foretold {
					o := foretold[i]
					if w%2 == 0 {
						h.Foretell(&o)
					} else {
						end(t, h, &o, 3)
						o.Attempts = 0
					}
					if o != alone[i] {
						t.Errorf("order %d ends as %+v beside other workers, %+v alone", i, o, alone[i])
						return
					}
				}
			})
		}
		workers.Wait()
	}
}
