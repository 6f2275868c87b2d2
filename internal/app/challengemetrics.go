package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// registerChallengeMetrics makes the metrics that dashboards written for the challenge
// know. The fourth of them, order_processing_duration_ms, is the queue's.
func (a *App) registerChallengeMetrics() {
	r := a.metrics
	r.CounterFunc("orders_generated_total", "Same as filavip_orders_generated_total, over both lanes and by the challenge's name.", a.generated)
	r.CounterVecFunc("orders_processed_total", "Orders processed, without dead letters, by the challenge's name.",
		a.perLane(func(report laneReport, _ *order.LaneCounts, f *flow) { report(f[flowProcessed]) }), laneLabel())
	types := slices.Sorted(maps.Keys(queueCounts(&store.Totals{}, wire.Processing{}, time.Time{})))
	r.GaugeVecFunc("orders_queue_counts", "The queue's counts and times by the challenge's names.",
		a.reportQueueCounts, metrics.OneOf("type", types...))
}

// generated returns what is known to be generated, even if the store does not answer: a
// counter takes no step back.
func (a *App) generated() float64 {
	_, grown, _ := a.growth.totals(context.Background())
	return float64(grown[order.VIP][flowGenerated] + grown[order.Normal][flowGenerated])
}

func (a *App) reportQueueCounts(report metrics.Report) {
	ctx := context.Background()
	totals, _, err := a.growth.totals(ctx)
	if err != nil {
		return
	}
	run, counts, err := a.pipeline.Current(ctx)
	if err != nil {
		return
	}
	now := a.clock()
	for name, n := range queueCounts(&totals, wire.NewStatus(run, counts, now).Processing, now) {
		report(float64(n), name)
	}
}

// queueCounts returns the values of orders_queue_counts by type: what the queue's status
// shows, and the lanes' windows in the current or latest run in milliseconds.
func queueCounts(t *store.Totals, lanes wire.Processing, now time.Time) map[string]int64 {
	q := wire.NewQueueCounts(&t.Counts, t.Hidden, t.Paused)
	held, paused := int64(0), int64(0)
	if q.Paused {
		held, paused = q.Waiting, 1
	}
	return map[string]int64{
		"waiting":               q.Waiting,
		"active":                q.Active,
		"completed":             q.Completed,
		"failed":                q.Failed,
		"delayed":               q.Delayed,
		"paused":                held, // the waiting ones, while a pause holds them back
		"pausedFlag":            paused,
		"activeJobsCount":       q.Active,
		"lastHealthCheck":       now.UnixMilli(), // the queue is looked at for every scrape
		"processingTime_VIP":    lanes.VIP.TimeMs,
		"processingTime_NORMAL": lanes.Normal.TimeMs,
	}
}
