package history

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// TestARunBeginsWithItsAcceptance: while nothing happens there is one look a second, so
// the look that first sees a run may lie a second behind the one before.
func TestARunBeginsWithItsAcceptance(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.passBy(3*time.Second, time.Second, nil)
	b.now.At = b.now.At.Add(900 * time.Millisecond)
	run := b.begin(400)
	b.now.At = b.now.At.Add(30 * time.Millisecond)
	b.generate(order.VIP, 40)
	b.look()
	b.pass(300*time.Millisecond, func() { b.generate(order.VIP, 120); b.settle(order.VIP, 120) })
	b.now.At = b.now.At.Add(70 * time.Millisecond)
	b.settle(order.VIP, 40)
	b.advance(order.Done)
	b.look()
	seen := b.ofRun(run.ID, 0)
	generated, settled, over := sums(t, seen.Samples)
	if generated != 400 || settled != 400 || over != 400*time.Millisecond {
		t.Errorf("%d generated, %d settled in %v; want 400 each, in the 400ms of the run", generated, settled, over)
	}
	if first := seen.Samples[0]; first.At.Add(-first.Over).Before(run.Accepted) {
		t.Errorf("the first sample begins %v before the run", run.Accepted.Sub(first.At.Add(-first.Over)))
	}
	if seen.Mean != 1000 {
		t.Errorf("mean %v, want 1000: what was before the run does not count", seen.Mean)
	}
}

// TestAShortEndIsNoPeak: the last sample of a run ends with the run, wherever that is in
// its tick or its second.
func TestAShortEndIsNoPeak(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		goesOn, ends time.Duration
		step         time.Duration
	}{
		{"AMoment", 500 * time.Millisecond, 5 * time.Millisecond, 0},
		{"HalfATick", 500 * time.Millisecond, 60 * time.Millisecond, 0},
		{"OfACell", 1900 * time.Millisecond, 60 * time.Millisecond, time.Second},
		{"OfASecond", 2 * time.Minute, 60 * time.Millisecond, 0},
		{"BehindABlock", 61 * time.Second, 5 * time.Millisecond, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t)
			run := b.begin(1 << 40)
			b.generate(order.Normal, 1<<20)
			b.pass(c.goesOn, func() { b.settle(order.Normal, 100) })
			b.now.At = b.now.At.Add(c.ends)
			b.settle(order.Normal, 500) // a lot of what was under way
			b.advance(order.Done)
			b.look()
			seen := b.ofRun(run.ID, c.step)
			for i, s := range seen.Samples { // 100 and the 500 in little more than a tick
				if rate := float64(s.Settled()) / s.Over.Seconds(); rate > 5800 {
					t.Errorf("sample %d of %d: %.0f a second over %v", i, len(seen.Samples), rate, s.Over)
				}
			}
			if seen.Peak > 3400 { // 300 and the 500 in 250 ms at the least
				t.Errorf("peak %.0f, want less than 3400", seen.Peak)
			}
			if _, settled, over := sums(t, seen.Samples); over != c.goesOn+c.ends || settled != int64(c.goesOn/tick)*100+500 {
				t.Errorf("%d settled in %v, want all of the %v", settled, over, c.goesOn+c.ends)
			}
		})
	}
}
