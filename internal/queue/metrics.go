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
	handling [order.PriorityCount][]*metrics.Histogram // one in seconds, one as the challenge has it
	settling *metrics.Histogram
	panics   *metrics.Counter
	trouble  *metrics.Counter
}

func newPoolMetrics(r *metrics.Registry) *poolMetrics {
	lane := metrics.OneOf("priority", order.VIP.String(), order.Normal.String())
	m := &poolMetrics{
		settled: r.CounterVec("filavip_orders_settled_total",
			"Attempts on orders whose outcome is durable.", lane, metrics.OneOf("result", "processed", "retry", "dead")),
		settling: r.Histogram("filavip_settle_duration_seconds",
			"Time from a settle's start until it is durable.", metrics.HistogramOptions{}),
		panics:  r.Counter("filavip_handler_panics_total", "Handler calls that panicked."),
		trouble: r.Counter("filavip_queue_store_errors_total", "Calls of the store that failed for a worker."),
	}
	for _, v := range []*metrics.HistogramVec{
		r.HistogramVec("filavip_order_processing_duration_seconds",
			"Time a handler took for one order; not measured for handlers that take none.", metrics.HistogramOptions{}, lane),
		r.HistogramVec("order_processing_duration_ms",
			"Same as filavip_order_processing_duration_seconds, by the challenge's name and in its unit.", challengeBuckets(), lane),
	} {
		for _, p := range order.Priorities() {
			m.handling[p] = append(m.handling[p], v.With(p.String()))
		}
	}
	return m
}

// challengeBuckets are the buckets that the challenge's dashboards expect.
func challengeBuckets() metrics.HistogramOptions {
	o := metrics.HistogramOptions{Unit: time.Millisecond}
	for _, ms := range []int64{50, 100, 250, 500, 1000, 2000, 5000} {
		o.Bounds = append(o.Bounds, time.Duration(ms)*time.Millisecond)
	}
	return o
}

func (m *poolMetrics) handle(lane order.Priority, took time.Duration) {
	for _, h := range m.handling[lane] {
		h.Observe(took)
	}
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
