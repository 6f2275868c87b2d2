package app

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// measured is an app that works and whose metrics are asked for in process.
type measured struct {
	*testing.T
	*App
	ends chan order.Phase // that runs come to
}

// measure starts an app over an empty directory.
func measure(t *testing.T, flags map[string]string) *measured {
	t.Helper()
	all := map[string]string{"data": filepath.Join(t.TempDir(), "data"), "port": "0", "backend-logs": "false"}
	maps.Copy(all, flags)
	cfg, err := config.Load(config.Sources{Flags: all})
	if err != nil {
		t.Fatal(err)
	}
	ends := make(chan order.Phase, 100)
	a, err := New(cfg, Options{MemTable: 4 << 20, Version: "v1.2.3", OnPhase: func(c event.PhaseChange) {
		if c.To.Ended() {
			ends <- c.To
		}
	}})
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
	if err := a.Listen(t.Context()); err != nil {
		t.Fatalf("Listen = %v", err)
	}
	t.Cleanup(func() { _ = a.listeners[0].Close() }) // nobody serves
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatalf("Start = %v", err)
	}
	return &measured{t, a, ends}
}

// get asks the API for its metrics.
func (m *measured) get() *httptest.ResponseRecorder {
	m.Helper()
	rec := httptest.NewRecorder()
	m.api.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/metrics", nil))
	if rec.Code != http.StatusOK {
		m.Fatalf("GET /metrics = %d %s, want 200", rec.Code, rec.Body)
	}
	return rec
}

// begin starts a run of that many orders.
func (m *measured) begin(quantity int64) order.Run {
	m.Helper()
	run, _, err := m.Begin(m.Context(), NewSpec(&m.cfg, quantity, 42), nil)
	if err != nil {
		m.Fatalf("Begin = %v", err)
	}
	return run
}

// done waits until a run has ended well and that is announced.
func (m *measured) done() {
	m.Helper()
	select {
	case end := <-m.ends:
		if end != order.Done {
			m.Fatalf("run ended in %v, want DONE", end)
		}
	case <-m.Context().Done():
		m.Fatal("the run does not end")
	}
}

// wait waits until the run's counts are as wanted and returns them.
func (m *measured) wait(id order.RunID, want func(*order.Counts) bool) order.Counts {
	m.Helper()
	for {
		changed := m.store.Changed()
		counts, err := m.store.Counts(m.Context(), id)
		if err != nil {
			m.Fatalf("Counts = %v", err)
		}
		if want(&counts) {
			return counts
		}
		select {
		case <-changed:
		case <-m.Context().Done():
			m.Fatalf("counts do not become as wanted: %+v", counts)
		}
	}
}

// exposition is what a scrape showed.
type exposition struct {
	types  map[string]string             // by metric
	labels map[string]map[string]labeled // by metric, then label
	values map[string]float64            // by series as it is written
}

// labeled is the set of values a label has.
type labeled map[string]bool

var (
	typeLine   = regexp.MustCompile(`^# TYPE (\S+) (\S+)$`)
	sampleLine = regexp.MustCompile(`^([a-zA-Z0-9_]+)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-zA-Z0-9_]+)="([^"]*)"`)
)

func (m *measured) scrape() exposition {
	m.Helper()
	e, err := parse(m.get().Body.String())
	if err != nil {
		m.Fatal(err)
	}
	return e
}

// parse reads the text format as far as these metrics use it.
func parse(text string) (exposition, error) {
	e := exposition{map[string]string{}, map[string]map[string]labeled{}, map[string]float64{}}
	family := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if found := typeLine.FindStringSubmatch(line); found != nil {
			family = found[1]
			e.types[family], e.labels[family] = found[2], map[string]labeled{}
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		sample := sampleLine.FindStringSubmatch(line)
		if sample == nil || !strings.HasPrefix(sample[1], family) {
			return e, errors.New("no sample of " + family + ": " + line)
		}
		value, err := strconv.ParseFloat(sample[3], 64)
		if err != nil {
			return e, err
		}
		e.values[strings.TrimSuffix(line, " "+sample[3])] = value
		for _, pair := range labelPair.FindAllStringSubmatch(sample[2], -1) {
			if pair[1] == "le" {
				continue
			}
			if e.labels[family][pair[1]] == nil {
				e.labels[family][pair[1]] = labeled{}
			}
			e.labels[family][pair[1]][pair[2]] = true
		}
	}
	return e, nil
}

// open are the labels whose values depend on the build or on what was asked for.
func open() []string { return []string{"version", "revision", "goversion", "route", "method", "code"} }

// described returns a line for each metric of the program: name, type, and labels with
// their values. The runtime's own metrics differ by system and Go version.
func (e *exposition) described() []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.types)) {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			continue
		}
		line := name + " " + e.types[name]
		for _, label := range slices.Sorted(maps.Keys(e.labels[name])) {
			values := "any"
			if !slices.Contains(open(), label) {
				values = strings.Join(slices.Sorted(maps.Keys(e.labels[name][label])), ",")
			}
			line += " " + label + "=" + values
		}
		lines = append(lines, line)
	}
	return lines
}
