package queue_test

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
)

// TestActivity follows three workers through blocks of a slow handler, from idle to idle.
func TestActivity(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 3}, sleeper(time.Minute), func(b *bed) {
		synctest.Wait()
		start := time.Now()
		idle := func(since time.Time) queue.Activity { return queue.Activity{Since: since} }
		b.activity("before any order", idle(start), idle(start), idle(start))

		pass(time.Second)
		run := b.begin(order.Standing, 2, "DDD")
		synctest.Wait()
		first := time.Now()
		works := func(index uint64, left int, since time.Time) queue.Activity {
			return queue.Activity{Run: run.ID, Lane: order.VIP, Order: run.ID.Key(index), Left: left, Since: since}
		}
		b.activity("with both blocks in hand", idle(start), works(0, 2, first), works(2, 1, first))

		pass(time.Minute)
		synctest.Wait()
		second := time.Now()
		b.activity("with one order left", idle(start), idle(second), works(1, 1, second))

		pass(time.Minute)
		synctest.Wait()
		third := time.Now()
		b.activity("with nothing left", idle(start), idle(second), idle(third))
	})
}

// activity fails the test unless the workers do this, whichever of them does what.
func (b *bed) activity(when string, want ...queue.Activity) {
	b.Helper()
	got := b.pool.Activity()
	for i := range got {
		if name := fmt.Sprintf("worker-%d", i+1); got[i].Worker != name {
			b.Errorf("%s: Activity()[%d] is of %q, want %q", when, i, got[i].Worker, name)
		}
		if idle := got[i].Left == 0; got[i].Idle() != idle {
			b.Errorf("%s: Activity()[%d] = %+v, idle %v", when, i, got[i], got[i].Idle())
		}
		got[i].Worker = "" // nothing says which worker gets which block
	}
	alike := cmpopts.SortSlices(func(x, y queue.Activity) bool {
		return stdcmp.Or(stdcmp.Compare(x.Left, y.Left), bytes.Compare(x.Order[:], y.Order[:]), x.Since.Compare(y.Since)) < 0
	})
	if diff := cmp.Diff(want, got, alike); diff != "" {
		b.Fatalf("%s: Activity() (-want +got):\n%s", when, diff)
	}
}

// TestActivityOfAFastHandler looks from within the handler: what is left counts down
// block by block, and no single order is named.
func TestActivityOfAFastHandler(t *testing.T) {
	t.Parallel()
	var seen []queue.Activity
	var look func()
	h := instant()
	h.do = func(context.Context, *order.Order) error { look(); return nil }
	inBubble(t, queue.Options{Workers: 1}, h, func(b *bed) {
		look = func() { seen = append(seen, b.pool.Activity()...) }
		run := b.begin(order.Standing, 2, "DDDDD")
		b.drained(run)
		synctest.Wait()
		var left []int
		for _, a := range seen {
			left = append(left, a.Left)
			if a.Run != run.ID || a.Lane != order.VIP || a.Order != (order.Key{}) || a.Idle() {
				b.Errorf("Activity() within the handler = %+v, want VIP of run %v and no order", a, run.ID)
			}
		}
		if want := []int{5, 5, 3, 3, 1}; !cmp.Equal(left, want) {
			b.Errorf("orders left, seen from each = %v, want %v", left, want)
		}
		if last := b.pool.Activity()[0]; !last.Idle() || last.Left != 0 {
			b.Errorf("Activity() at the end = %+v, want idle", last)
		}
	})
}
