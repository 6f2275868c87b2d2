package app

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// failing are the flags of work that takes time and fails now and then, for good.
func failing() map[string]string {
	return map[string]string{"simulate-work": "1us", "simulate-failures": "0.1", "attempts": "1"}
}

// TestMetricsAreAsDocumented compares the metrics of a whole program, their types and
// their labels, with the golden file and with the page that documents them.
func TestMetricsAreAsDocumented(t *testing.T) {
	t.Parallel()
	m := measure(t, nil)
	m.get() // the first scrape is the request that the second one shows
	e := m.scrape()
	got := strings.Join(e.described(), "\n") + "\n"
	file := filepath.Join("testdata", "metrics.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", file, diff)
	}
	if diff := cmp.Diff(documented(t), e.described()); diff != "" {
		t.Errorf("docs/metrics.md differs (-documented +exposed):\n%s", diff)
	}
}

// documented returns the rows of the page's tables as described writes metrics.
func documented(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| ([a-z]+) \\| ([^|]*) \\| [^|]+ \\|$")
	for _, cells := range row.FindAllStringSubmatch(string(page), -1) {
		line := cells[1] + " " + cells[2]
		if labels := strings.NewReplacer("`", "", ": ", "=", ", ", ",", "; ", " ").Replace(cells[3]); labels != "" {
			line += " " + labels
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// TestMetricNamesFollowTheRules allows what the challenge names otherwise, and that only.
func TestMetricNamesFollowTheRules(t *testing.T) {
	t.Parallel()
	m := measure(t, nil)
	m.get()
	problems, err := m.metrics.Lint()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"order_processing_duration_ms: metric names should not contain abbreviated units"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("Lint (-want +got):\n%s", diff)
	}
}

func TestMetricsCountTheOrders(t *testing.T) {
	t.Parallel()
	m := measure(t, failing())
	run := m.begin(1000)
	m.done()
	counts := m.wait(run.ID, func(*order.Counts) bool { return true })
	if counts.Dead() == 0 || counts.Processed() == 0 {
		t.Fatalf("counts = %+v, want some orders processed and some dead", counts)
	}
	e := m.scrape()
	want := map[string]float64{
		"orders_generated_total":                            1000,
		`filavip_dlq_jobs`:                                  float64(counts.Dead()),
		`filavip_queue_paused`:                              0,
		`filavip_workers`:                                   25,
		`filavip_runs_total{result="done"}`:                 1,
		`filavip_runs_total{result="error"}`:                0,
		`filavip_run_phase{phase="DONE"}`:                   1,
		`filavip_run_phase{phase="IDLE"}`:                   0,
		`orders_queue_counts{type="waiting"}`:               0,
		`orders_queue_counts{type="completed"}`:             float64(counts.Processed()),
		`orders_queue_counts{type="failed"}`:                float64(counts.Dead()),
		`orders_queue_counts{type="pausedFlag"}`:            0,
		`orders_queue_counts{type="processingTime_VIP"}`:    window(&counts[order.VIP]),
		`orders_queue_counts{type="processingTime_NORMAL"}`: window(&counts[order.Normal]),
		`filavip_store_commit_duration_seconds_count`:       e.values["filavip_store_commits_total"],
		`filavip_store_stalled`:                             0,
		`filavip_build_info{goversion="` + runtime.Version() + `",revision="unknown",version="v1.2.3"}`: 1,
	}
	for _, lane := range order.Priorities() {
		c, of := &counts[lane], `{priority="`+lane.String()
		want[`filavip_orders_generated_total`+of+`"}`] = float64(c.Generated)
		want[`filavip_orders_processed_total`+of+`",result="processed"}`] = float64(c.Processed)
		want[`filavip_orders_processed_total`+of+`",result="dead"}`] = float64(c.Dead)
		want[`orders_processed_total`+of+`"}`] = float64(c.Processed)
		want[`order_processing_duration_ms_count`+of+`"}`] = float64(c.Generated)
		want[`filavip_order_processing_duration_seconds_count`+of+`"}`] = float64(c.Generated)
		for _, state := range []string{"waiting", "active", "delayed"} {
			want[`filavip_queue_jobs`+of+`",state="`+state+`"}`] = 0
		}
	}
	m.shows(e, want)
	if e.values["filavip_store_commits_total"] < 1 || e.values["filavip_store_fsyncs_total"] < 1 || e.values["filavip_store_written_bytes_total"] < 1000 {
		t.Errorf("commits, fsyncs, bytes = %v, %v, %v; want what 1000 orders take", e.values["filavip_store_commits_total"],
			e.values["filavip_store_fsyncs_total"], e.values["filavip_store_written_bytes_total"])
	}
	if looked := e.values[`orders_queue_counts{type="lastHealthCheck"}`]; looked < float64(run.Accepted.UnixMilli()) {
		t.Errorf("lastHealthCheck = %v, before the run was accepted at %v", looked, run.Accepted)
	}
}

// shows checks series of a scrape.
func (m *measured) shows(e exposition, want map[string]float64) {
	m.Helper()
	for series, value := range want {
		if got, ok := e.values[series]; !ok || got != value {
			m.Errorf("%s = %v, shown %v; want %v", series, got, ok, value)
		}
	}
}

// window is the time from a lane's first hand-out to its last settle, in milliseconds.
func window(c *order.LaneCounts) float64 {
	return float64(c.Last.UnixMilli() - c.First.UnixMilli())
}

// TestCountersDoNotGoBack takes a run out of the totals and puts dead letters back: what
// was counted stays counted, and what comes then is added. Only a reset begins anew.
func TestCountersDoNotGoBack(t *testing.T) {
	t.Parallel()
	m := measure(t, failing())
	const generated, held = `filavip_orders_generated_total{priority="VIP"}`, `orders_queue_counts{type="paused"}`
	if err := m.pool.Pause(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	run := m.begin(1000)
	first := m.wait(run.ID, func(c *order.Counts) bool { return c.Generated() == 1000 })
	vip := float64(first[order.VIP].Generated)
	m.shows(m.scrape(), map[string]float64{
		generated: vip, "orders_generated_total": 1000, held: 1000, "filavip_queue_paused": 1,
		`orders_queue_counts{type="pausedFlag"}`:                1,
		`filavip_queue_jobs{priority="VIP",state="waiting"}`:    vip,
		`filavip_queue_jobs{priority="NORMAL",state="waiting"}`: 1000 - vip,
	})

	if _, err := m.pipeline.Cancel(t.Context(), store.CancelOptions{KeepPending: true}, 0, nil); err != nil {
		t.Fatal(err)
	}
	<-m.ends
	if totals, err := m.store.Totals(t.Context()); err != nil || totals.Counts.Generated() != 0 {
		t.Fatalf("Totals = %+v, %v; want the run out of them", totals, err)
	}
	m.shows(m.scrape(), map[string]float64{
		generated: vip, "orders_generated_total": 1000, held: 0, `filavip_runs_total{result="cancelled"}`: 1,
	})

	if err := m.pool.Resume(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	run = m.begin(500)
	m.done()
	second := m.wait(run.ID, func(*order.Counts) bool { return true })
	dead := float64(second.Dead())
	deaths := func(e exposition) float64 {
		return e.values[`filavip_orders_processed_total{priority="VIP",result="dead"}`] +
			e.values[`filavip_orders_processed_total{priority="NORMAL",result="dead"}`]
	}
	e := m.scrape()
	m.shows(e, map[string]float64{generated: vip + float64(second[order.VIP].Generated), "orders_generated_total": 1500, "filavip_dlq_jobs": dead})
	if got := deaths(e); got != dead || dead == 0 {
		t.Errorf("%v deaths counted, want %v and some", got, dead)
	}

	if err := m.pool.Pause(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := m.store.Redrive(t.Context(), store.RedriveOptions{At: time.Now()}, nil); err != nil || float64(n) != dead {
		t.Fatalf("Redrive = %d, %v; want %v", n, err, dead)
	}
	if got := deaths(m.scrape()); got != dead {
		t.Errorf("%v deaths counted after a redrive, want still %v", got, dead)
	}
	if _, err := m.pipeline.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	m.shows(m.scrape(), map[string]float64{generated: 0, "orders_generated_total": 0, `filavip_run_phase{phase="IDLE"}`: 1})
}

func TestMetricsContentType(t *testing.T) {
	t.Parallel()
	m := measure(t, nil)
	if got, want := m.get().Header().Get("Content-Type"), "text/plain; version=0.0.4"; !strings.HasPrefix(got, want) {
		t.Errorf("Content-Type = %q, want %s", got, want)
	}
}

func TestMetricsSwitchedOff(t *testing.T) {
	t.Parallel()
	m := measure(t, map[string]string{"prometheus-metrics": "false"})
	rec := m.get()
	if got, want := rec.Body.String(), "# Metrics disabled\n"; got != want {
		t.Errorf("body = %q, want %q", got, want)
	}
	if got, want := rec.Header().Get("Content-Type"), "text/plain; charset=utf-8"; got != want {
		t.Errorf("Content-Type = %q, want %q", got, want)
	}
}

// TestMetricsOfAStoppedApp has no store to ask: counters keep what they had.
func TestMetricsOfAStoppedApp(t *testing.T) {
	t.Parallel()
	m := measure(t, nil)
	m.begin(100)
	m.done()
	m.scrape()
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := m.scrape()
	m.shows(e, map[string]float64{"orders_generated_total": 100})
	if got := e.values["filavip_dlq_jobs"]; !math.IsNaN(got) {
		t.Errorf("filavip_dlq_jobs = %v, want NaN", got)
	}
}

func TestRevisionOf(t *testing.T) {
	t.Parallel()
	for want, build := range map[string]*debug.BuildInfo{
		"unknown":   nil,
		"unknown ":  {},
		"abc":       {Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "false"}, {Key: "vcs.revision", Value: "abc"}}},
		"abc-dirty": {Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "abc"}}},
	} {
		if got := revisionOf(build); got != strings.TrimSpace(want) {
			t.Errorf("revisionOf(%+v) = %q, want %q", build, got, want)
		}
	}
}
