package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/history"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// fakeSeries answers alike and keeps what it was asked.
type fakeSeries struct {
	asked  history.Query
	answer history.Series
	err    error
}

func (f *fakeSeries) Series(_ context.Context, q history.Query) (history.Series, error) {
	f.asked = q
	return f.answer, f.err
}

func seriesFixture(t *testing.T) (*fixture, *fakeSeries) {
	t.Helper()
	series := &fakeSeries{}
	return newFixture(t, func(o *api.Options) { o.Series = series }), series
}

func TestTimeSeriesAsks(t *testing.T) {
	t.Parallel()
	f, series := seriesFixture(t)
	run := order.NewRunID(1, 1)
	for query, want := range map[string]history.Query{
		"":                                {Window: 5 * time.Minute},
		"?window=1h":                      {Window: time.Hour},
		"?window=90s&step=250ms":          {Window: 90 * time.Second, Step: 250 * time.Millisecond},
		"?window=run":                     {OfRun: true},
		"?window=run&step=1m":             {OfRun: true, Step: time.Minute},
		"?run=" + run.String():            {OfRun: true, Run: run, Window: 5 * time.Minute},
		"?window=run&run=" + run.String(): {OfRun: true, Run: run},
	} {
		got := read[wire.TimeSeries](t, f.get("/pedidos/timeseries"+query), http.StatusOK)
		if diff := cmp.Diff(want, series.asked); diff != "" {
			t.Errorf("%s asks (-want +got):\n%s", query, diff)
		}
		if window := map[bool]string{true: "run"}[want.OfRun]; window != "" && got.Window != window {
			t.Errorf("%s: window = %q, want %q", query, got.Window, window)
		}
	}
}

func TestTimeSeriesAnswers(t *testing.T) {
	t.Parallel()
	f, series := seriesFixture(t)
	run, at := order.NewRunID(1, 1), time.UnixMilli(5000)
	sample := event.Sample{At: at, Over: time.Second, Run: run, Phase: order.Generating, Generated: [2]int64{3, 4}}
	series.answer = history.Series{
		Run: run, Step: time.Second, From: at.Add(-time.Second), To: at, Samples: []event.Sample{sample},
		Marks: []history.Mark{{Run: run, Phase: order.Generating, At: at}}, Peak: 7, Mean: 3.5,
		Drain: event.Forecast{State: event.Growing, Reason: event.Inflow},
	}
	want := wire.TimeSeries{
		Window: "run", StepMs: 1000, RunID: run, From: 4000, To: 5000, Samples: []wire.Sample{wire.NewSample(&sample)},
		Phases: []wire.PhaseMark{{Phase: order.Generating, At: 5000, RunID: run}}, Peak: 7, Mean: 3.5,
		Drain: wire.Forecast{State: "growing", Reason: "inflow"},
	}
	if diff := cmp.Diff(want, read[wire.TimeSeries](t, f.get("/pedidos/timeseries?window=run"), http.StatusOK)); diff != "" {
		t.Errorf("time series (-want +got):\n%s", diff)
	}
}

func TestTimeSeriesRefuses(t *testing.T) {
	t.Parallel()
	f, series := seriesFixture(t)
	run := order.NewRunID(1, 1).String()
	p := readProblem(t, f.get("/pedidos/timeseries?window=5m&run="+run), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 1 || p.Errors[0].Parameter != "window" || p.Errors[0].Value != "5m" {
		t.Errorf("errors = %+v, want one, of window", p.Errors)
	}
	p = readProblem(t, f.get("/pedidos/timeseries?window=2h&step=5", "Accept-Language", "pt-BR"), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 2 || p.Errors[0].Allowed != "um número inteiro com a unidade (s, m, h), de 1s a 1h, run" || !strings.HasSuffix(p.Errors[1].Allowed, "(ms, s, m, h), de 100ms a 1h") {
		t.Errorf("errors = %+v, want what is allowed for window and step", p.Errors)
	}
	series.err = fmt.Errorf("samples: %w", order.ErrNotFound)
	p = readProblem(t, f.get("/pedidos/timeseries?run="+run), http.StatusNotFound, "not-found")
	if !strings.Contains(p.Detail, run) {
		t.Errorf("detail %q does not name the run", p.Detail)
	}
	series.err = errors.New("secret trouble")
	if text := textOf(t, f.get("/pedidos/timeseries")); strings.Contains(text, "secret") {
		t.Errorf("the answer tells what belongs in the log: %s", text)
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) {
		o.System = func(context.Context) (wire.System, error) {
			return wire.System{Version: "v1", Settings: []wire.Setting{{Key: "PORT", Value: "3000", Origin: "default"}}}, nil
		}
		o.Checks = []api.Check{{Name: "elsewhere", Check: func(context.Context) error { return errors.New("secret trouble") }}}
	})
	got := read[wire.System](t, f.get("/pedidos/system"), http.StatusOK)
	want := wire.System{
		Version: "v1", Settings: []wire.Setting{{Key: "PORT", Value: "3000", Origin: "default"}},
		Checks: []wire.Checked{{Name: "store", OK: true}, {Name: "shutdown", OK: true}, {Name: "elsewhere"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("system (-want +got):\n%s", diff)
	}
	if text := textOf(t, f.get("/pedidos/system")); strings.Contains(text, "secret") {
		t.Errorf("the answer tells what belongs in the log: %s", text)
	}
}

func TestSystemThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *api.Options) {
		o.System = func(context.Context) (wire.System, error) { return wire.System{}, context.DeadlineExceeded }
	})
	readProblem(t, f.get("/pedidos/system"), http.StatusServiceUnavailable, "store-unavailable")
}
