package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/history"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// Series returns samples of how fast the work went; see [history.Recorder].
type Series interface {
	Series(ctx context.Context, q history.Query) (history.Series, error)
}

// noSeries is a Series of somebody who has never looked.
type noSeries struct{}

// Series implements [Series].
func (noSeries) Series(context.Context, history.Query) (history.Series, error) {
	return history.Series{Drain: event.Forecast{State: event.Idle}}, nil
}

// ofRun is the window of a run.
const ofRun = "run"

// seriesParams are the parameters of GET /pedidos/timeseries.
type seriesParams struct {
	window, step length
	run          opaque
}

func newSeriesParams() seriesParams {
	return seriesParams{
		window: length{
			name: "window", byDefault: "5m", units: []string{"s", "m", "h"}, words: []string{ofRun},
			min: history.MinWindow, max: history.MaxWindow,
			doc: "How far back from now; run is from the start of a run to its end, or to now.",
		},
		step: length{
			name: "step", units: []string{"ms", "s", "m", "h"}, min: history.MinStep, max: history.MaxStep,
			doc: "How long each sample is to be; if not given, so long that there are 600 at the most. One that would make more than 4000 is widened.",
		},
		run: opaque{name: "run", doc: "The UUID of the run that window=run is about; the current or latest batch run if not given."},
	}
}

func (a *API) registerTimeSeries() {
	p := newSeriesParams()
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/timeseries"}, id: "get-timeseries", tag: "status",
		summary: "How fast the work went, and when it will be done",
		more:    "Samples of throughput, depth and latency: every second of the last hour, every 100 ms of the last minute and of the first minute of a run.",
		params:  []parameter{p.window, p.step, p.run},
		errors:  []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, a.timeSeries)
	for _, name := range []string{"settle", "work"} {
		a.documentNullable(reflect.TypeFor[wire.Sample](), name)
	}
}

// documentNullable says of a property that is an object that it may be null instead, for
// which huma has no words.
func (a *API) documentNullable(t reflect.Type, property string) {
	properties := a.huma.OpenAPI().Components.Schemas.Map()[t.Name()].Properties
	object := properties[property]
	properties[property] = &huma.Schema{
		AnyOf:       []*huma.Schema{{Ref: object.Ref}, {Type: "null"}},
		Description: object.Description,
	}
}

func (a *API) timeSeries(ctx context.Context, req *request) (*body[wire.TimeSeries], error) {
	p, in := newSeriesParams(), req.reading()
	window, q := in.seriesQuery(p)
	if err := in.err(); err != nil {
		return nil, err
	}
	s, err := a.opts.Series.Series(ctx, q)
	if errors.Is(err, order.ErrNotFound) {
		return nil, refuse(notFound, textNoRun, q.Run)
	}
	if err != nil {
		return nil, fmt.Errorf("read the time series: %w", err)
	}
	return &body[wire.TimeSeries]{newTimeSeries(window, &s)}, nil
}

// seriesQuery reads the parameters. A run alone means the window of that run.
func (in *reading) seriesQuery(p seriesParams) (window string, q history.Query) {
	window, q.Window = in.length(p.window)
	_, q.Step = in.length(p.step)
	if values, given := in.args[p.run.name]; given {
		id, err := order.ParseRunID(one(values))
		if err != nil {
			in.fault(p.run.name, values, allowedRunID)
		}
		if given := in.args[p.window.name]; given != nil && window != ofRun {
			in.fault(p.window.name, given, allowedOfRun)
		}
		window, q.Run = ofRun, id
	}
	q.OfRun = window == ofRun
	return window, q
}

// one returns the only value; the empty string if there is not exactly one.
func one(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

func newTimeSeries(window string, s *history.Series) wire.TimeSeries {
	out := wire.TimeSeries{
		Window:  window,
		StepMs:  s.Step.Milliseconds(),
		RunID:   s.Run,
		From:    wire.Millis(s.From),
		To:      wire.Millis(s.To),
		Samples: make([]wire.Sample, len(s.Samples)),
		Phases:  make([]wire.PhaseMark, len(s.Marks)),
		Peak:    math.Round(s.Peak*100) / 100,
		Mean:    math.Round(s.Mean*100) / 100,
		Drain:   wire.NewForecast(s.Drain),
	}
	for i := range s.Samples {
		out.Samples[i] = wire.NewSample(&s.Samples[i])
	}
	for i, m := range s.Marks {
		out.Phases[i] = wire.PhaseMark{Phase: m.Phase, At: wire.Millis(m.At), RunID: m.Run}
	}
	return out
}
