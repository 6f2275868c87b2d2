package queue

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

// failedAt is when the orders of these tests failed.
var failedAt = time.Date(2026, 11, 23, 8, 0, 0, 123_456_789, time.UTC)

func keyOf(index uint64) order.Key { return order.NewRunID(failedAt.UnixMilli(), 7).Key(index) }

func anyKey(t *rapid.T) order.Key {
	run := order.NewRunID(rapid.Int64Range(0, 1<<48-1).Draw(t, "millis"), rapid.Uint64().Draw(t, "tag"))
	return run.Key(rapid.Uint64Max(order.MaxIndex).Draw(t, "index"))
}

// anyBackoff draws a base of up to a minute and a cap of up to a day above it.
func anyBackoff(t *rapid.T) Backoff {
	base := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "base"))
	return Backoff{Base: base, Max: base + time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "cap above it"))}
}

// nominal is the delay without its spread: doubled with each attempt, up to the cap.
func nominal(b Backoff, attempts int) time.Duration {
	return time.Duration(min(float64(b.Max), float64(b.Base)*math.Pow(2, float64(attempts-1))))
}

func TestBackoffDefaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, want Backoff }{
		{Backoff{}, Backoff{Base: 2 * time.Second, Max: time.Hour}},
		{Backoff{Base: time.Second}, Backoff{Base: time.Second, Max: time.Hour}},
		{Backoff{Max: time.Minute}, Backoff{Base: 2 * time.Second, Max: time.Minute}},
		{Backoff{Base: 3, Max: 4}, Backoff{Base: 3, Max: 4}},
	}
	for _, test := range tests {
		if got := test.given.withDefaults(); got != test.want {
			t.Errorf("%+v.withDefaults() = %+v, want %+v", test.given, got, test.want)
		}
	}
}

// By default: 2 s, 4 s, 8 s and so on up to an hour. Over many orders the shortest delay
// is a fifth below that, the longest a fifth above, and the mean in the middle.
func TestBackoffDoublesUpToItsCap(t *testing.T) {
	t.Parallel()
	const orders = 5000
	b := Backoff{}.withDefaults()
	for attempts, want := range map[int]time.Duration{
		1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 4: 16 * time.Second, 11: 2048 * time.Second,
		12: time.Hour, 13: time.Hour, 100: time.Hour, math.MaxInt: time.Hour,
	} {
		shortest, longest, sum := time.Duration(math.MaxInt64), time.Duration(0), 0.0
		for i := range uint64(orders) {
			delay := b.Due(failedAt, attempts, keyOf(i)).Sub(failedAt)
			shortest, longest, sum = min(shortest, delay), max(longest, delay), sum+float64(delay)
		}
		fifth := want / 5
		if shortest < want-fifth || shortest > want-fifth+grid {
			t.Errorf("after %d attempts the shortest delay is %v, want %v, rounded up", attempts, shortest, want-fifth)
		}
		if longest < want+fifth-grid || longest > want+fifth+grid {
			t.Errorf("after %d attempts the longest delay is %v, want %v, rounded up", attempts, longest, want+fifth)
		}
		mean := time.Duration(sum / orders)
		if off := (mean - want - grid/2).Abs(); off > want/200+grid/10 {
			t.Errorf("after %d attempts the mean delay is %v, want %v and half a grid", attempts, mean, want)
		}
	}
}

// Whatever base and cap: at most a fifth off, rounded up by at most one step.
func TestBackoffStaysWithinAFifth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, key := anyBackoff(t), anyKey(t)
		attempts := rapid.OneOf(rapid.IntRange(1, 12), rapid.IntRange(1, 1_000_000)).Draw(t, "attempts")
		now := failedAt.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later")))
		delay, want := b.Due(now, attempts, key).Sub(now), nominal(b, attempts)
		fifth := want/5 + 1 // for what the divisions cut off
		if delay < want-fifth || delay > want+fifth+min(grid, b.Base) {
			t.Fatalf("%+v: delay after %d attempts = %v, want %v give or take a fifth", b, attempts, delay, want)
		}
	})
}

func TestBackoffFallsOnItsGrid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := anyBackoff(t)
		now := failedAt.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later")))
		due := b.Due(now, rapid.IntRange(1, 20).Draw(t, "attempts"), anyKey(t))
		if step := min(grid, b.Base); !due.Equal(due.Truncate(step)) {
			t.Fatalf("%+v: due at %v, want a multiple of %v", b, due, step)
		}
		if !due.After(now) {
			t.Fatalf("%+v: due at %v, want it after %v", b, due, now)
		}
	})
}

// Ten thousand orders that fail together come back at a handful of instants, not at ten
// thousand and not at one.
func TestBackoffGathers(t *testing.T) {
	t.Parallel()
	const orders = 10_000
	b := Backoff{}.withDefaults()
	count := map[time.Time]int{}
	for i := range uint64(orders) {
		count[b.Due(failedAt, 1, keyOf(i))]++
	}
	// 1.6 to 2.4 s after the failure, in steps of 0.25 s.
	if len(count) < 4 || len(count) > 5 {
		t.Errorf("%d orders come back at %d instants, want 4 or 5", orders, len(count))
	}
	for due, n := range count {
		if n > orders*35/100 {
			t.Errorf("%d of %d orders come back at %v, want the quarter second's share of 0.8 s, 31 %%", n, orders, due)
		}
	}
}

// The spread covers every thousandth of its range, none much more often than another.
func TestBackoffSpreadsEvenly(t *testing.T) {
	t.Parallel()
	const share = 50
	b := Backoff{Base: 1000 * time.Hour, Max: 1000 * time.Hour}
	thousandths := map[int64]int{}
	for i := range uint64(401 * share) {
		delay := b.Due(failedAt, 1, keyOf(i)).Sub(failedAt)
		thousandths[int64(delay/time.Hour)]++
	}
	for th := int64(800); th <= 1200; th++ {
		if n := thousandths[th]; n < share/2 || n > 2*share {
			t.Errorf("%d orders wait %d thousandths of the delay, want about %d", n, th, share)
		}
	}
	if len(thousandths) != 401 {
		t.Errorf("%d different delays, want 401", len(thousandths))
	}
}

// The same failure of the same order always has the same due time, and one that fails
// later is never due earlier.
func TestBackoffIsAFunctionOfItsArguments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, key, attempts := anyBackoff(t), anyKey(t), rapid.IntRange(1, 20).Draw(t, "attempts")
		later := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later"))
		due := b.Due(failedAt, attempts, key)
		elsewhere := failedAt.In(time.FixedZone("", 3*3600))
		if again := b.Due(elsewhere, attempts, key); !again.Equal(due) {
			t.Fatalf("%+v: due at %v, and asked again at %v", b, due, again)
		}
		if then := b.Due(failedAt.Add(later), attempts, key); then.Before(due) {
			t.Fatalf("%+v: failed %v later, due at %v, earlier than %v", b, later, then, due)
		}
	})
}
