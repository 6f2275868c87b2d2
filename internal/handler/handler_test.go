package handler_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
)

// aRun is the run that the orders of these tests belong to.
func aRun() order.RunID { return order.NewRunID(1_795_420_800_000, 7) }

// anOrder is a pending order that has used up that many attempts.
func anOrder(index uint64, tier order.Tier, attempts int) *order.Order {
	return &order.Order{
		Key:      aRun().Key(index),
		Customer: fmt.Sprintf("Cliente %d", index),
		Amount:   1234_50,
		Tier:     tier,
		Note:     order.StandardNote(0),
		Attempts: attempts,
	}
}

// newHandler returns the handler of that work.
func newHandler(t testing.TB, work order.Work, seed uint64) handler.Handler {
	t.Helper()
	h, err := handler.New(work, seed)
	if err != nil {
		t.Fatalf("New(%+v, %d) = %v", work, seed, err)
	}
	return h
}

func simulate(delay time.Duration, failures float64, attempts int) order.Work {
	return order.Work{Handler: handler.NameSimulate, Delay: delay, Failures: failures, Attempts: attempts}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const shares = "; allowed: 0 to 1"
	tests := []struct {
		work order.Work
		want string
	}{
		{order.Work{Handler: "mark"}, "invalid: attempts 0; allowed: 1 or more"},
		{order.Work{Handler: "simulate", Attempts: -1}, "invalid: attempts -1; allowed: 1 or more"},
		{order.Work{Attempts: 1}, `invalid: handler ""; allowed: mark, simulate`},
		{order.Work{Handler: "Mark", Attempts: 1}, `invalid: handler "Mark"; allowed: mark, simulate`},
		{order.Work{Handler: "webhook\n", Attempts: 1}, `invalid: handler "webhook\n"; allowed: mark, simulate`},
		{simulate(-1, 0, 1), "invalid: simulated work -1ns; allowed: 0s or more"},
		{simulate(math.MinInt64, 0, 1), "invalid: simulated work -2562047h47m16.854775808s; allowed: 0s or more"},
		{simulate(0, -0.01, 1), "invalid: simulated failures -0.01" + shares},
		{simulate(0, 1.01, 1), "invalid: simulated failures 1.01" + shares},
		{simulate(0, math.NaN(), 1), "invalid: simulated failures NaN" + shares},
		{simulate(0, math.Inf(1), 1), "invalid: simulated failures +Inf" + shares},
		{simulate(0, math.Inf(-1), 1), "invalid: simulated failures -Inf" + shares},
	}
	for _, test := range tests {
		h, err := handler.New(test.work, 42)
		if !errors.Is(err, order.ErrInvalid) || err.Error() != test.want || h != nil {
			t.Errorf("New(%+v) = %v, %v, want no handler and %s", test.work, h, err, test.want)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	tests := []struct {
		work  order.Work
		batch int
		fast  bool
	}{
		{order.Work{Handler: "mark", Attempts: 1}, 1000, true},
		{order.Work{Handler: "mark", Attempts: 100}, 1000, true},
		{simulate(0, 0, 1), 1000, true},
		{simulate(0, 1, 3), 1000, true},
		{simulate(0, 0.01, 3), 1000, true},
		{simulate(1, 0, 3), 50, false},
		{simulate(time.Hour, 0.01, 3), 50, false},
	}
	for _, test := range tests {
		h := newHandler(t, test.work, 42)
		if h.Batch() != test.batch || h.Fast() != test.fast {
			t.Errorf("New(%+v): batch %d, fast %v, want %d, %v", test.work, h.Batch(), h.Fast(), test.batch, test.fast)
		}
	}
}

func TestWorkFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		delay    time.Duration
		failures float64
		want     order.Work
	}{
		{0, 0, order.Work{Handler: "mark", Attempts: 3}},
		{2 * time.Millisecond, 0, order.Work{Handler: "simulate", Delay: 2 * time.Millisecond, Attempts: 3}},
		{0, 0.01, order.Work{Handler: "simulate", Failures: 0.01, Attempts: 3}},
		{time.Second, 1, order.Work{Handler: "simulate", Delay: time.Second, Failures: 1, Attempts: 3}},
	}
	for _, test := range tests {
		got := handler.WorkFor(test.delay, test.failures, 3)
		if got != test.want {
			t.Errorf("WorkFor(%v, %v, 3) = %+v, want %+v", test.delay, test.failures, got, test.want)
		}
		newHandler(t, got, 42)
	}
	// What is not allowed is not lost on the way to New.
	for _, work := range []order.Work{handler.WorkFor(-1, 0, 3), handler.WorkFor(0, -1, 3), handler.WorkFor(0, math.NaN(), 3), handler.WorkFor(0, 0, 0)} {
		if _, err := handler.New(work, 42); !errors.Is(err, order.ErrInvalid) {
			t.Errorf("New(%+v) = %v, want ErrInvalid", work, err)
		}
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	mark := newHandler(t, order.Work{Handler: "mark", Attempts: 1}, 42)
	for tier := range order.Tier(order.TierCount) {
		o := anOrder(uint64(tier), tier, 0)
		if err := mark.Handle(t.Context(), o); err != nil {
			t.Errorf("Handle(%v) = %v, want nil", tier, err)
		}
		if diff := cmp.Diff(anOrder(uint64(tier), tier, 0), o); diff != "" {
			t.Errorf("Handle changed the order (-before +after):\n%s", diff)
		}
		mark.Foretell(o)
		want := anOrder(uint64(tier), tier, 0)
		want.Process(time.Time{})
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("Foretell(%v) (-want +got):\n%s", tier, diff)
		}
	}
}
