package order_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

// anyLane draws a lane that accounts for every order it has.
func anyLane(t *rapid.T, label string) order.LaneCounts {
	n := func(what string) int64 { return rapid.Int64Range(0, 1_000_000).Draw(t, label+" "+what) }
	c := order.LaneCounts{
		Processed: n("processed"), Dead: n("dead"), Removed: n("removed"),
		Waiting: n("waiting"), Delayed: n("delayed"), Claimed: n("claimed"),
		Settled: anyDigest(t, label),
	}
	c.Generated = c.Processed + c.Dead + c.Removed + c.Waiting + c.Delayed + c.Claimed
	return c
}

// figures are pointers to all counts of a lane, by name.
func figures(c *order.LaneCounts) map[string]*int64 {
	return map[string]*int64{
		"generated": &c.Generated, "processed": &c.Processed, "dead": &c.Dead, "removed": &c.Removed,
		"waiting": &c.Waiting, "delayed": &c.Delayed, "claimed": &c.Claimed,
	}
}

func TestCountsAddLanes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vip, normal := anyLane(t, "VIP"), anyLane(t, "NORMAL")
		var c order.Counts
		c[order.VIP], c[order.Normal] = vip, normal
		for _, sum := range []struct {
			name      string
			got, want int64
		}{
			{"Generated", c.Generated(), vip.Generated + normal.Generated},
			{"Processed", c.Processed(), vip.Processed + normal.Processed},
			{"Dead", c.Dead(), vip.Dead + normal.Dead},
			{"Removed", c.Removed(), vip.Removed + normal.Removed},
			{"Unsettled", c.Unsettled(), vip.Unsettled() + normal.Unsettled()},
			{"VIP Unsettled", vip.Unsettled(), vip.Waiting + vip.Delayed + vip.Claimed},
		} {
			if sum.got != sum.want {
				t.Fatalf("%s = %d, want %d of %+v", sum.name, sum.got, sum.want, c)
			}
		}
		if got, want := c.Digest(), vip.Settled.Add(normal.Settled); got != want {
			t.Fatalf("Digest() = %v, want %v", got, want)
		}
	})
}

// Any one count that is off by any amount breaks the balance of its lane, and of both.
func TestConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := order.Counts{anyLane(t, "VIP"), anyLane(t, "NORMAL")}
		if !c.Conserved() || !c[order.VIP].Conserved() || !c[order.Normal].Conserved() {
			t.Fatalf("Conserved() of %+v = false, want true", c)
		}
		lane := rapid.SampledFrom([]order.Priority{order.VIP, order.Normal}).Draw(t, "lane")
		off := rapid.Int64Range(-2_000_000, 2_000_000).Filter(func(n int64) bool { return n != 0 }).Draw(t, "off by")
		for name, figure := range figures(&c[lane]) {
			*figure += off
			if c[lane].Conserved() || c.Conserved() {
				t.Fatalf("Conserved() with %v %s off by %d = true, want false", lane, name, off)
			}
			*figure -= off
		}
		c[order.VIP].Waiting++
		c[order.Normal].Waiting--
		if c.Conserved() {
			t.Fatalf("Conserved() with a waiting order counted in the other lane = true, want false")
		}
	})
}

// A count below zero is no count, even if the sums agree.
func TestNothingIsConservedBelowZero(t *testing.T) {
	t.Parallel()
	settled := []string{"processed", "dead", "removed"}
	pending := []string{"waiting", "delayed", "claimed"}
	for _, below := range append(settled, pending...) {
		for _, above := range append(settled, pending...) {
			if below == above {
				continue
			}
			c := order.LaneCounts{Generated: 5}
			*figures(&c)[below] = -1
			*figures(&c)[above] = 6
			if c.Conserved() {
				t.Errorf("Conserved() of %+v = true, want false", c)
			}
		}
	}
	if c := (order.LaneCounts{Generated: -1, Waiting: -1}); c.Conserved() {
		t.Errorf("Conserved() of %+v = true, want false", c)
	}
}

// Moving an order from one place to the next keeps the balance.
func TestMovesConserve(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyLane(t, "lane")
		places := []*int64{&c.Processed, &c.Dead, &c.Removed, &c.Waiting, &c.Delayed, &c.Claimed}
		from := rapid.SampledFrom(places).Draw(t, "from")
		to := rapid.SampledFrom(places).Draw(t, "to")
		n := rapid.Int64Range(0, *from).Draw(t, "n")
		*from -= n
		*to += n
		if !c.Conserved() {
			t.Fatalf("Conserved() of %+v = false, want true", c)
		}
	})
}
