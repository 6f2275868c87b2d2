package pebblestore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// crashing is a store whose process dies while a handler works on one of the orders.
type crashing struct {
	*testing.T
	fs      *vfs.MemFS
	s       store.Store
	run     order.Run
	now     time.Time
	crashes int
}

func newCrashing(t *testing.T, foreign bool, orders int) *crashing {
	t.Helper()
	c := &crashing{T: t, fs: vfs.NewCrashableMem(), now: time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)}
	c.s = open(t, c.fs)
	work := order.Work{Handler: "mark", Attempts: 3, Foreign: foreign}
	var err error
	c.run, err = c.s.Begin(t.Context(), order.Spec{Kind: order.Generated, Target: int64(orders), Weights: order.Weights{1}, Work: work, ChunkSize: 100, BlockSize: 10}, c.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := store.Chunk{Orders: make([]order.Order, orders), Next: order.Cursor{Next: uint64(orders)}, Ready: []order.Priority{order.VIP}}
	for i := range chunk.Orders {
		chunk.Orders[i] = c.accepted(uint64(i))
	}
	if _, err := c.s.Insert(t.Context(), store.Fence{Run: c.run.ID, Epoch: c.run.Epoch}, chunk); err != nil {
		t.Fatal(err)
	}
	return c
}

// accepted returns an order of the run.
func (c *crashing) accepted(index uint64) order.Order {
	return order.Order{Key: c.run.ID.Key(index), Customer: "c", Tier: order.Diamond, CreatedAt: c.run.ID.Started()}
}

// crash ends the process and starts another.
func (c *crashing) crash() {
	c.Helper()
	c.crashes++
	c.fs = c.fs.CrashClone(vfs.CrashCloneCfg{})
	c.s = open(c.T, c.fs)
}

// next claims one block, nil if there is none.
func (c *crashing) next() *store.Claim {
	c.Helper()
	c.now = c.now.Add(time.Second)
	claims, _, err := c.s.Claim(c.Context(), "w", c.now, 1)
	if err != nil {
		c.Fatal(err)
	}
	if len(claims) == 0 {
		return nil
	}
	return claims[0]
}

// settle gives every order of a claim the same outcome.
func (c *crashing) settle(claim *store.Claim, status order.Status) {
	c.Helper()
	part := store.Settlement{Claim: claim, Started: c.now, At: c.now}
	for _, index := range claim.Indexes {
		o := c.accepted(index)
		o.Process(c.now)
		part.Outcomes = append(part.Outcomes, store.Outcome{Index: index, Status: status, At: c.now, Due: c.now, Reason: "busy", Sum: o.Sum()})
	}
	if err := c.s.Settle(c.Context(), part); err != nil {
		c.Fatal(err)
	}
}

func holds(claim *store.Claim, index uint64) bool {
	return slices.Contains(claim.Indexes, index)
}

// work claims and processes until nothing is left; the process dies whenever a handler
// gets the poisoned order.
func (c *crashing) work(poisoned uint64) order.Counts {
	c.Helper()
	for c.crashes < 50 {
		claim := c.next()
		switch {
		case claim == nil:
			report, err := c.s.Verify(c.Context())
			if err != nil || !report.Clean() {
				c.Fatalf("Verify = %v, %v; want clean", report.Problems, err)
			}
			return report.Runs[0].Counts
		case holds(claim, poisoned):
			c.crash()
		default:
			c.settle(claim, order.Processed)
		}
	}
	c.Fatal("the poisoned order takes the process down for ever")
	return order.Counts{}
}

// TestPoison isolates an order that kills the process, in new and in delayed blocks.
func TestPoison(t *testing.T) {
	t.Parallel()
	for name, delayed := range map[string]bool{"new": false, "delayed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrashing(t, true, 30)
			if delayed {
				for range 3 {
					c.settle(c.next(), order.Pending)
				}
			}
			counts := c.work(17)
			if counts.Dead() != 1 || counts.Processed() != 29 {
				t.Errorf("%d dead, %d processed; want 1, 29", counts.Dead(), counts.Processed())
			}
			if o, err := c.s.Order(t.Context(), c.run.ID.Key(17)); err != nil || o.Status != order.Dead {
				t.Errorf("the poisoned order is %v, %v; want dead", o.Status, err)
			}
			if c.crashes < 3 || c.crashes > 8 {
				t.Errorf("it took %d crashes, want 3 to 8", c.crashes)
			}
		})
	}
}

// TestPoisonPardons: no strike for a clean stop, a release, a revoked claim, a handler of
// ours, or a block that makes progress.
func TestPoisonPardons(t *testing.T) {
	t.Parallel()
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		c := newCrashing(t, false, 1)
		for range 10 {
			c.next()
			c.crash()
		}
		c.settle(c.next(), order.Processed)
	})
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		c := newCrashing(t, true, 1)
		for range 10 {
			c.next()
			if err := c.s.Close(); err != nil {
				t.Fatal(err)
			}
			c.s = open(t, c.fs)
		}
		c.settle(c.next(), order.Processed)
	})
	t.Run("released", func(t *testing.T) {
		t.Parallel()
		c := newCrashing(t, true, 1)
		for range 10 {
			if err := c.s.Release(t.Context(), c.next()); err != nil {
				t.Fatal(err)
			}
			c.crash()
		}
		c.settle(c.next(), order.Processed)
	})
	t.Run("cut by a removal", func(t *testing.T) {
		t.Parallel()
		c := newCrashing(t, true, 10)
		for index := range uint64(8) {
			c.next()
			if n, err := c.s.Remove(t.Context(), []order.Key{c.run.ID.Key(index)}, nil); n != 1 || err != nil {
				t.Fatalf("Remove = %d, %v; want 1", n, err)
			}
			c.crash()
		}
		if claim := c.next(); len(claim.Indexes) != 2 {
			t.Errorf("the block was halved, its claim holds %d orders; want the 2 that are left", len(claim.Indexes))
		}
	})
	t.Run("progress", func(t *testing.T) {
		t.Parallel()
		c := newCrashing(t, true, 10)
		for range 10 {
			claim := c.next()
			claim.Indexes = claim.Indexes[:1]
			c.settle(claim, order.Processed)
			c.crash()
		}
		if claim := c.next(); claim != nil {
			t.Errorf("%d orders are left, want none", len(claim.Indexes))
		}
		if counts, _ := c.s.Counts(t.Context(), c.run.ID); counts.Processed() != 10 {
			t.Errorf("%d processed, want 10", counts.Processed())
		}
	})
}

// TestPoisonOfACancelledRun: no order of a cancelled run changes, be its block struck
// twice and in hand when the cancel comes.
func TestPoisonOfACancelledRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(c *crashing){
		"stopped": func(c *crashing) {
			if err := c.s.Close(); err != nil {
				c.Fatal(err)
			}
			c.s = open(c.T, c.fs)
		},
		"crashed": func(c *crashing) { c.crash() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrashing(t, true, 1)
			c.settle(c.next(), order.Pending) // delayed blocks outlive a cancel
			for range 2 {
				c.next()
				c.crash()
			}
			c.next()
			if done, err := c.s.Cancel(t.Context(), c.run.ID, store.CancelOptions{At: c.now}, nil); done.Removed != 1 || err != nil {
				t.Fatalf("Cancel removed %d, %v; want 1", done.Removed, err)
			}
			end(c)
			if o, err := c.s.Order(t.Context(), c.run.ID.Key(0)); o.Status != order.Removed || err != nil {
				t.Errorf("the order is %v, %v; want removed as the cancel said", o.Status, err)
			}
			if counts, _ := c.s.Counts(t.Context(), c.run.ID); !counts.Conserved() || counts.Dead() != 0 {
				t.Errorf("counts %+v, want one removed", counts[order.VIP])
			}
			if report, err := c.s.Verify(t.Context()); err != nil || !report.Clean() {
				t.Errorf("Verify = %v, %v; want clean", report.Problems, err)
			}
		})
	}
}

// TestLateReleaseKeepsTheMark has a worker give back a claim that it lost while another
// one has the block in hand: that one's crashes still count.
func TestLateReleaseKeepsTheMark(t *testing.T) {
	t.Parallel()
	c := newCrashing(t, true, 1)
	for range 3 {
		late := c.next()
		release := func() {
			if err := c.s.Release(t.Context(), late); err != nil {
				t.Fatal(err)
			}
		}
		release()
		if c.next() == nil {
			t.Fatal("nothing to claim after Release")
		}
		release()
		c.crash()
	}
	if o, err := c.s.Order(t.Context(), c.run.ID.Key(0)); o.Status != order.Dead || err != nil {
		t.Errorf("after 3 crashes with the order in hand it is %v, %v; want dead", o.Status, err)
	}
}
