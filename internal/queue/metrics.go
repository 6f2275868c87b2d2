package queue

import (
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// poolMetrics are the pool's metrics.
type poolMetrics struct {
	settled  *metrics.CounterVec
	handling *metrics.HistogramVec
	settling *metrics.Histogram
	panics   *metrics.Counter
	trouble  *metrics.Counter
}

func newPoolMetrics(r *metrics.Registry) *poolMetrics {
	lane := metrics.OneOf("priority", order.VIP.String(), order.Normal.String())
	return &poolMetrics{
		settled: r.CounterVec("filavip_orders_settled_total",
			"Attempts on orders whose outcome is durable.", lane, metrics.OneOf("result", "processed", "retry", "dead")),
		handling: r.HistogramVec("filavip_order_processing_duration_seconds",
			"Time a handler took for one order; not measured for handlers that take none.", metrics.HistogramOptions{}, lane),
		settling: r.Histogram("filavip_settle_duration_seconds",
			"Time from a settle's start until it is durable.", metrics.HistogramOptions{}),
		panics:  r.Counter("filavip_handler_panics_total", "Handler calls that panicked."),
		trouble: r.Counter("filavip_queue_store_errors_total", "Calls of the store that failed for a worker."),
	}
}

func (m *poolMetrics) handle(lane order.Priority, took time.Duration) {
	m.handling.With(lane.String()).Observe(took)
}

func (m *poolMetrics) settle(done []store.Settlement, took time.Duration) {
	m.settling.Observe(took)
	for _, s := range done {
		var processed, retried, dead int64
		for i := range s.Outcomes {
			switch s.Outcomes[i].Status {
			case order.Processed:
				processed++
			case order.Dead:
				dead++
			default:
				retried++
			}
		}
		lane := s.Claim.Priority.String()
		m.settled.With(lane, "processed").Add(processed)
		m.settled.With(lane, "retry").Add(retried)
		m.settled.With(lane, "dead").Add(dead)
	}
}
