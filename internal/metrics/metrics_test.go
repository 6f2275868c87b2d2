package metrics

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape returns the lines of the exposition that belong to the metric, comments
// included, and the content type.
func scrape(t *testing.T, r *Registry, metric, accept string) ([]string, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	r.Handler().ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Body)
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("GET /metrics = %d %q, %v, want 200", rec.Code, body, err)
	}
	var lines []string
	for line := range strings.Lines(string(body)) {
		if strings.Contains(line, metric) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines, rec.Header().Get("Content-Type")
}

func wantScrape(t *testing.T, r *Registry, metric string, want ...string) {
	t.Helper()
	got, _ := scrape(t, r, metric, "text/plain")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scrape of %s (-want +got):\n%s", metric, diff)
	}
}

func TestCounter(t *testing.T) {
	t.Parallel()
	r := New()
	c := r.Counter("filavip_things_total", "Things seen.")
	c.Inc()
	c.Add(41)
	if got := c.Value(); got != 42 {
		t.Errorf("Value() = %d, want 42", got)
	}
	wantScrape(t, r, "filavip_things_total",
		"# HELP filavip_things_total Things seen.",
		"# TYPE filavip_things_total counter",
		"filavip_things_total 42")
}

func TestCounterVecShowsEverySeriesFromTheStart(t *testing.T) {
	t.Parallel()
	r := New()
	v := r.CounterVec("filavip_orders_total", "Orders.",
		OneOf("priority", "VIP", "NORMAL"), OneOf("result", "processed", "dead"))
	v.With("VIP", "dead").Add(3)
	v.With("NORMAL", "processed").Add(5)
	wantScrape(t, r, "filavip_orders_total{",
		`filavip_orders_total{priority="NORMAL",result="dead"} 0`,
		`filavip_orders_total{priority="NORMAL",result="processed"} 5`,
		`filavip_orders_total{priority="VIP",result="dead"} 3`,
		`filavip_orders_total{priority="VIP",result="processed"} 0`)
}

func TestGauge(t *testing.T) {
	t.Parallel()
	r := New()
	g := r.Gauge("filavip_depth", "Depth.")
	g.Set(2.5)
	g.Add(-4)
	if got := g.Value(); got != -1.5 {
		t.Errorf("Value() = %v, want -1.5", got)
	}
	v := r.GaugeVec("filavip_phase", "Phase.", OneOf("phase", "IDLE", "DONE"))
	v.With("DONE").Set(1)
	wantScrape(t, r, "filavip_depth ", "# HELP filavip_depth Depth.", "# TYPE filavip_depth gauge", "filavip_depth -1.5")
	wantScrape(t, r, "filavip_phase{", `filavip_phase{phase="DONE"} 1`, `filavip_phase{phase="IDLE"} 0`)
}

func TestHistogramBucketsAreInclusiveAndCumulative(t *testing.T) {
	t.Parallel()
	r := New()
	h := r.Histogram("filavip_work_seconds", "Work.",
		HistogramOptions{Bounds: []time.Duration{time.Millisecond, time.Second}})
	h.Observe(-time.Hour)
	h.Observe(time.Millisecond)
	h.Observe(time.Millisecond + 1)
	h.ObserveN(2*time.Second, 10)
	wantScrape(t, r, "filavip_work_seconds_",
		`filavip_work_seconds_bucket{le="0.001"} 2`,
		`filavip_work_seconds_bucket{le="1"} 3`,
		`filavip_work_seconds_bucket{le="+Inf"} 13`,
		`filavip_work_seconds_sum 20.002000001`,
		`filavip_work_seconds_count 13`)
	if h.Count() != 13 || h.Sum() != 20*time.Second+2*time.Millisecond+1 {
		t.Errorf("Count(), Sum() = %d, %v, want 13, 20.002000001s", h.Count(), h.Sum())
	}
}

func TestHistogramVecShowsWhatWasAskedForInItsUnit(t *testing.T) {
	t.Parallel()
	r := New()
	v := r.HistogramVec("order_processing_duration_ms", "Work.",
		HistogramOptions{Bounds: []time.Duration{50 * time.Millisecond}, Unit: time.Millisecond},
		OneOf("priority", "VIP", "NORMAL"))
	v.With("VIP").Observe(20 * time.Millisecond)
	if again := v.With("VIP"); again.Count() != 1 {
		t.Errorf("second With(VIP).Count() = %d, want 1", again.Count())
	}
	wantScrape(t, r, "order_processing_duration_ms_",
		`order_processing_duration_ms_bucket{priority="VIP",le="50"} 1`,
		`order_processing_duration_ms_bucket{priority="VIP",le="+Inf"} 1`,
		`order_processing_duration_ms_sum{priority="VIP"} 20`,
		`order_processing_duration_ms_count{priority="VIP"} 1`)
}

func TestSampledMetricsAreReadAtEachScrape(t *testing.T) {
	t.Parallel()
	r := New()
	calls := 0
	r.GaugeFunc("filavip_jobs", "Jobs.", func() float64 { calls++; return float64(calls) })
	r.CounterFunc("filavip_cuts_total", "Cuts.", func() float64 { return 7 })
	r.GaugeVecFunc("orders_queue_counts", "Counts.", func(report Report) {
		report(4, "waiting")
	}, OneOf("type", "waiting", "active"))
	r.CounterVecFunc("filavip_lost_total", "Lost.", func(report Report) {
		report(1, "a")
		report(2, "b")
	}, OneOf("kind", "a", "b"))
	if calls != 0 {
		t.Errorf("sampled %d times before a scrape, want 0", calls)
	}
	wantScrape(t, r, "filavip_jobs ", "# HELP filavip_jobs Jobs.", "# TYPE filavip_jobs gauge", "filavip_jobs 1")
	wantScrape(t, r, "filavip_jobs ", "# HELP filavip_jobs Jobs.", "# TYPE filavip_jobs gauge", "filavip_jobs 2")
	wantScrape(t, r, "filavip_cuts_total ",
		"# HELP filavip_cuts_total Cuts.", "# TYPE filavip_cuts_total counter", "filavip_cuts_total 7")
	wantScrape(t, r, "orders_queue_counts{", `orders_queue_counts{type="waiting"} 4`)
	wantScrape(t, r, "filavip_lost_total{", `filavip_lost_total{kind="a"} 1`, `filavip_lost_total{kind="b"} 2`)
}

func TestAFailingSampleTakesNoOtherMetricWithIt(t *testing.T) {
	t.Parallel()
	r := New()
	handler := r.Handler()
	r.Counter("filavip_fine_total", "Fine.").Inc()
	r.GaugeFunc("filavip_broken", "Broken.", func() float64 { panic("store is gone") })
	r.GaugeVecFunc("filavip_unknown", "Unknown.", func(report Report) { report(1, "c") }, OneOf("kind", "a"))
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(body, "filavip_fine_total 1") {
		t.Errorf("scrape = %d, want 200 with filavip_fine_total 1 in:\n%s", rec.Code, body)
	}
	if strings.Contains(body, "filavip_broken") || strings.Contains(body, "filavip_unknown") {
		t.Errorf("scrape shows a metric that cannot be read:\n%s", body)
	}
	wantScrape(t, r, `promhttp_metric_handler_errors_total{cause="gathering"}`,
		`promhttp_metric_handler_errors_total{cause="gathering"} 1`)
}

func TestHandlerNegotiatesTheFormat(t *testing.T) {
	t.Parallel()
	r := New()
	r.Counter("filavip_things_total", "Things seen.")
	for accept, want := range map[string]string{
		"":          "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
		"text/html": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
		"application/openmetrics-text; version=1.0.0": "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
	} {
		lines, got := scrape(t, r, "filavip_things", accept)
		if got != want {
			t.Errorf("Accept %q: Content-Type = %q, want %q", accept, got, want)
		}
		if len(lines) != 3 {
			t.Errorf("Accept %q: scrape = %q, want 3 lines", accept, lines)
		}
	}
	if eof, _ := scrape(t, r, "# EOF", "application/openmetrics-text; version=1.0.0"); len(eof) != 1 {
		t.Errorf("OpenMetrics ends with %q, want one # EOF", eof)
	}
}

func TestRegistryHasRuntimeMetrics(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"go_goroutines ", "process_start_time_seconds "} {
		if lines, _ := scrape(t, New(), name, ""); len(lines) != 3 {
			t.Errorf("scrape of %s= %q, want help, type and value", name, lines)
		}
	}
}

func TestNilRegistryGivesWorkingMetrics(t *testing.T) {
	t.Parallel()
	var r *Registry
	for range 2 { // the same name twice is no conflict where nothing is kept
		c := r.CounterVec("filavip_things_total", "Things.", OneOf("kind", "a"))
		c.With("a").Add(2)
		h := r.Histogram("filavip_work_seconds", "Work.", HistogramOptions{})
		h.Observe(time.Second)
		g := r.Gauge("filavip_depth", "Depth.")
		g.Set(3)
		r.GaugeFunc("filavip_jobs", "Jobs.", func() float64 { panic("never sampled") })
		if c.With("a").Value() != 2 || h.Count() != 1 || g.Value() != 3 {
			t.Errorf("values = %d, %d, %v, want 2, 1, 3", c.With("a").Value(), h.Count(), g.Value())
		}
	}
	rec := httptest.NewRecorder()
	r.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("GET /metrics of a nil registry = %d, want 404", rec.Code)
	}
	if found, err := r.Lint(); found != nil || err != nil {
		t.Errorf("Lint() of a nil registry = %q, %v, want nothing", found, err)
	}
}

func TestMistakesPanic(t *testing.T) {
	t.Parallel()
	many := make([]string, 100)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	for name, act := range map[string]func(*Registry){
		"unknown label value": func(r *Registry) { r.CounterVec("a_total", "A.", OneOf("k", "v")).With("w") },
		"too few values":      func(r *Registry) { r.GaugeVec("a", "A.", OneOf("k", "v"), OneOf("l", "v")).With("v") },
		"too many values":     func(r *Registry) { r.HistogramVec("a", "A.", HistogramOptions{}, OneOf("k", "v")).With("v", "v") },
		"label without value": func(r *Registry) { r.CounterVec("a_total", "A.", OneOf("k")) },
		"value twice":         func(r *Registry) { r.CounterVec("a_total", "A.", OneOf("k", "v", "w", "v")) },
		"label twice":         func(r *Registry) { r.CounterVec("a_total", "A.", OneOf("k", "v"), OneOf("k", "v")) },
		"no label":            func(r *Registry) { r.CounterVec("a_total", "A.") },
		"too many series":     func(r *Registry) { r.CounterVec("a_total", "A.", OneOf("k", many...), OneOf("l", many...)) },
		"no help":             func(r *Registry) { r.Counter("a_total", "") },
		"bad name":            func(r *Registry) { r.Counter("", "A.") },
		"negative count":      func(r *Registry) { r.Counter("a_total", "A.").Add(-1) },
		"negative observation": func(r *Registry) {
			r.Histogram("a_seconds", "A.", HistogramOptions{}).ObserveN(time.Second, -1)
		},
		"bounds descend": func(r *Registry) {
			r.Histogram("a_seconds", "A.", HistogramOptions{Bounds: []time.Duration{2, 1}})
		},
		"bound of zero": func(r *Registry) {
			r.Histogram("a_seconds", "A.", HistogramOptions{Bounds: []time.Duration{0, 1}})
		},
		"negative unit": func(r *Registry) { r.Histogram("a_seconds", "A.", HistogramOptions{Unit: -1}) },
	} {
		for kind, r := range map[string]*Registry{"registry": New(), "nil registry": nil} {
			if !panics(func() { act(r) }) {
				t.Errorf("%s on a %s: no panic", name, kind)
			}
		}
	}
	if r := New(); !panics(func() { r.Counter("a_total", "A."); r.Counter("a_total", "A.") }) {
		t.Error("the same name twice: no panic")
	}
}

func panics(act func()) (did bool) {
	defer func() { did = recover() != nil }()
	act()
	return false
}

func TestLint(t *testing.T) {
	t.Parallel()
	r := New()
	r.Counter("filavip_things_total", "Things seen.")
	r.Histogram("filavip_work_seconds", "Work.", HistogramOptions{})
	if found, err := r.Lint(); err != nil || len(found) != 0 {
		t.Errorf("Lint() = %q, %v, want nothing", found, err)
	}
	r.Counter("filavip_things_seen", "Things seen.")
	found, err := r.Lint()
	want := []string{`filavip_things_seen: counter metrics should have "_total" suffix`}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("Lint() = %v, (-want +got):\n%s", err, diff)
	}
	r.GaugeFunc("filavip_broken", "Broken.", func() float64 { panic("gone") })
	if _, err := r.Lint(); err == nil {
		t.Error("Lint() with a metric that cannot be read: no error")
	}
}
