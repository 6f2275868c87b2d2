package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/metrics/metricstest"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
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
