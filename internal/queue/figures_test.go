package queue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	h := call{batch: 10}
	h.do = func(_ context.Context, o *order.Order) error {
		pass(60 * time.Millisecond) // the handler's work
		if o.Key.Index() == 1 && o.Attempts == 0 {
			return errors.New("not yet")
		}
		return nil
	}
	inBubble(t, queue.Options{Workers: 1}, h, func(b *bed) {
		if f := b.pool.Figures(); f.Work.Count() != 0 || f.Settle.Count() != 0 || f.Retried != [2]int64{} || b.pool.Busy() != 0 {
			b.Errorf("before any work: %+v, %d busy; want none", f, b.pool.Busy())
		}
		run := b.begin(order.Standing, 10, "DNNN")
		pass(10 * time.Millisecond)
		if got := b.pool.Busy(); got != 1 {
			b.Errorf("Busy() inside a handler = %d, want 1", got)
		}
		b.drained(run)
		synctest.Wait()
		f := b.pool.Figures()
		if f.Retried != [2]int64{order.Normal: 1} {
			b.Errorf("Retried = %v, want one NORMAL", f.Retried)
		}
		if got := f.Work.Count(); got != 5 { // four orders, one of them twice
			b.Errorf("%d calls of handlers measured, want 5", got)
		}
		if got := f.Work.Quantile(0.5); got < 50*time.Millisecond || got > 100*time.Millisecond {
			b.Errorf("median of calls that take 60ms = %v, want the bucket from 50ms to 100ms", got)
		}
		if f.Settle.Count() < 2 {
			b.Errorf("%d settles measured, want 2 or more", f.Settle.Count())
		}
		if got := b.pool.Busy(); got != 0 {
			b.Errorf("Busy() with nothing left = %d, want 0", got)
		}
	})
}
