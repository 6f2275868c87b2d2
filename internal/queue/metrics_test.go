package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/metrics/metricstest"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
)

func TestHandlersThatTakeTimeAreMeasured(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	inBubble(t, queue.Options{Metrics: r, Workers: 1}, sleeper(60*time.Millisecond), func(b *bed) {
		metricstest.Want(b.T, r,
			`order_processing_duration_ms_count{priority="VIP"} 0`,
			`filavip_order_processing_duration_seconds_count{priority="NORMAL"} 0`)
		b.drained(b.begin(order.Standing, 10, "DNNN"))
		synctest.Wait()
		metricstest.Want(b.T, r,
			`order_processing_duration_ms_bucket{priority="NORMAL",le="50"} 0`,
			`order_processing_duration_ms_bucket{priority="NORMAL",le="100"} 3`,
			`order_processing_duration_ms_bucket{priority="NORMAL",le="5000"} 3`,
			`order_processing_duration_ms_sum{priority="NORMAL"} 180`,
			`order_processing_duration_ms_count{priority="VIP"} 1`,
			`filavip_order_processing_duration_seconds_count{priority="NORMAL"} 3`,
			`filavip_orders_settled_total{priority="VIP",result="processed"} 1`)
	})
}

func TestHandlersThatTakeNoTimeAreNotMeasured(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	inBubble(t, queue.Options{Metrics: r}, instant(), func(b *bed) {
		b.drained(b.begin(order.Standing, 10, "DNNN"))
		synctest.Wait()
		metricstest.Want(b.T, r,
			`order_processing_duration_ms_count{priority="VIP"} 0`,
			`filavip_orders_settled_total{priority="NORMAL",result="processed"} 3`)
	})
}

// TestOnlyWhatHoldsIsSettled takes one of two claims away from a worker that settles them
// together: its outcomes neither count nor show in the trace, those of the other do.
func TestOnlyWhatHoldsIsSettled(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	var remove func()
	h := instant()
	h.do = func(_ context.Context, o *order.Order) error {
		if o.Key.Index() == 2 {
			remove()
		}
		return nil
	}
	inBubble(t, queue.Options{Metrics: r, Workers: 1}, h, func(b *bed) {
		run, err := b.s.Begin(b.ctx, order.Spec{Kind: order.Standing, BlockSize: 2, Work: order.Work{Attempts: 1}}, time.Now(), nil)
		if err != nil {
			b.Fatalf("Begin = %v, want no error", err)
		}
		remove = func() {
			if n, err := b.s.Remove(b.ctx, []order.Key{run.ID.Key(0)}, nil); n != 1 || err != nil {
				b.Errorf("Remove = %d, %v; want 1", n, err)
			}
		}
		b.insert(&run, "DDDD")
		if c := b.drained(run); c.Processed() != 3 {
			b.Errorf("%d processed, want 3", c.Processed())
		}
		synctest.Wait()
		metricstest.Want(b.T, r, `filavip_orders_settled_total{priority="VIP",result="processed"} 3`)
		settled := map[uint64]int{}
		for _, e := range b.events() {
			if e.what == queue.Settled {
				settled[e.key.Index()]++
			}
		}
		if diff := cmp.Diff(map[uint64]int{1: 1, 2: 1, 3: 1}, settled); diff != "" {
			b.Errorf("settled, as the trace has it (-want +got):\n%s", diff)
		}
	})
}

// TestOutcomesOfACancelledRunDoNotCount cancels a run under its handler.
func TestOutcomesOfACancelledRunDoNotCount(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	inBubble(t, queue.Options{Metrics: r, Workers: 1}, sleeper(time.Second), func(b *bed) {
		run := b.begin(order.Generated, 10, "DDD")
		pass(1500 * time.Millisecond)
		if _, err := b.s.Cancel(b.ctx, run.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
			b.Fatalf("Cancel = %v", err)
		}
		pass(time.Minute)
		if c := b.counts(run); c.Processed() != 1 {
			b.Errorf("%d processed, want the 1 that was settled", c.Processed())
		}
		metricstest.Want(b.T, r, `filavip_orders_settled_total{priority="VIP",result="processed"} 1`)
	})
}
