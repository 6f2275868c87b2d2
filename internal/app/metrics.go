package app

import (
	"cmp"
	"context"
	"io"
	"math"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// registerMetrics makes the metrics that no package below owns: the build, and what any
// store's totals say. They are read from the store when somebody asks. Each shows one
// instant, two of them maybe two.
func (a *App) registerMetrics() {
	build, _ := debug.ReadBuildInfo()
	version, revision, goversion := cmp.Or(a.opts.Version, "dev"), revisionOf(build), runtime.Version()
	a.metrics.GaugeVecFunc("filavip_build_info", "Always 1; the labels say which build this is.",
		func(report metrics.Report) { report(1, version, revision, goversion) },
		metrics.OneOf("version", version), metrics.OneOf("revision", revision), metrics.OneOf("goversion", goversion))
	a.registerOrderMetrics()
	a.registerQueueMetrics()
	a.registerChallengeMetrics()
}

// unknownRevision is the revision of a build that was not made from a repository.
const unknownRevision = "unknown"

// revisionOf returns the revision a build was made from, with -dirty behind it if files
// were changed.
func revisionOf(build *debug.BuildInfo) string {
	revision, dirty := unknownRevision, ""
	if build == nil {
		return revision
	}
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return revision + dirty
}

func laneLabel() metrics.Label {
	return metrics.OneOf("priority", order.VIP.String(), order.Normal.String())
}

// The results an order may have, as filavip_orders_processed_total has them.
const (
	resultProcessed = "processed"
	resultDead      = "dead"
)

func (a *App) registerOrderMetrics() {
	a.metrics.CounterVecFunc("filavip_orders_generated_total", "Orders accepted and durable.",
		a.perLane(func(report laneReport, _ *order.LaneCounts, f *flow) {
			report(f[flowGenerated])
		}), laneLabel())
	a.metrics.CounterVecFunc("filavip_orders_processed_total",
		"Orders that processing is done with: processed, or dead letters. One that is put back counts again.",
		a.perLane(func(report laneReport, _ *order.LaneCounts, f *flow) {
			report(f[flowProcessed], resultProcessed)
			report(f[flowDead], resultDead)
		}), laneLabel(), metrics.OneOf("result", resultProcessed, resultDead))
}

func (a *App) registerQueueMetrics() {
	r := a.metrics
	r.GaugeVecFunc("filavip_queue_jobs", "Orders that still have to reach an outcome, by where they stand.",
		a.perLane(func(report laneReport, c *order.LaneCounts, _ *flow) {
			report(c.Waiting, string(store.Waiting))
			report(c.Delayed, string(store.Delayed))
			report(c.Claimed, string(store.Active))
		}), laneLabel(), metrics.OneOf("state", string(store.Waiting), string(store.Delayed), string(store.Active)))
	r.GaugeFunc("filavip_dlq_jobs", "Dead letters: orders that used up their attempts.",
		a.ofTotals(func(t *store.Totals) float64 { return float64(t.Counts.Dead()) }))
	r.GaugeFunc("filavip_queue_paused", "1 while the queue is paused, else 0.",
		a.ofTotals(func(t *store.Totals) float64 { return oneIf(t.Paused) }))
	r.GaugeVecFunc("filavip_fleet_members", "Processes that work on the orders: alive, or silent for as long as a lease lasts.",
		a.reportMembers, metrics.OneOf("role", roles()...), metrics.OneOf("state", memberAlive, memberSilent))
	r.GaugeFunc("filavip_coordinator", "1 while this process coordinates, else 0.", func() float64 { return oneIf(a.leading()) })
	r.GaugeFunc("filavip_workers", "Workers of this process.", func() float64 { return float64(a.pool.Workers()) })
}

// The states of a member, as filavip_fleet_members has them.
const (
	memberAlive  = "alive"
	memberSilent = "silent"
)

func roles() []string { return []string{string(RoleServe), string(RoleRun), string(RoleWorker)} }

func (a *App) reportMembers(report metrics.Report) {
	members, err := a.roster.all(context.Background())
	if err != nil {
		return
	}
	type key struct{ role, state string }
	counted := map[key]int{}
	for _, m := range members {
		k := key{m.Role, memberSilent}
		if m.Alive {
			k.state = memberAlive
		}
		counted[k]++
	}
	for _, role := range roles() {
		for _, state := range []string{memberAlive, memberSilent} {
			report(float64(counted[key{role, state}]), role, state)
		}
	}
}

// laneReport gives the value of one series of a lane to a scrape, with its label values
// behind the lane's.
type laneReport func(n int64, labels ...string)

// perLane returns a sample of the store's totals that calls f for each lane.
func (a *App) perLane(f func(laneReport, *order.LaneCounts, *flow)) func(metrics.Report) {
	return func(report metrics.Report) {
		totals, grown, err := a.growth.totals(context.Background())
		if err != nil {
			return
		}
		for _, lane := range order.Priorities() {
			of := func(n int64, labels ...string) {
				report(float64(n), append([]string{lane.String()}, labels...)...)
			}
			f(of, &totals.Counts[lane], &grown[lane])
		}
	}
}

// ofTotals returns a sample of the store's totals, NaN without them.
func (a *App) ofTotals(f func(*store.Totals) float64) func() float64 {
	return func() float64 {
		totals, _, err := a.growth.totals(context.Background())
		if err != nil {
			return math.NaN()
		}
		return f(&totals)
	}
}

// oneIf is how a metric says yes or no.
func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// metricsHandler answers GET /metrics. Metrics that are switched off are an empty
// exposition, as in the challenge, so that a scraper sees a target that is up.
func (a *App) metricsHandler() http.Handler {
	if a.cfg.Metrics {
		return a.metrics.Handler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "# Metrics disabled\n") // the client may be gone
	})
}
