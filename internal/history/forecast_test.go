package history

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// flow makes n samples of a second in which in orders come in and out are settled.
func flow(n int, phase order.Phase, in, out, depth int64) []event.Sample {
	s := make([]event.Sample, n)
	for i := range s {
		s[i] = event.Sample{Over: time.Second, Phase: phase}
		s[i].Generated[order.Normal], s[i].Processed[order.Normal], s[i].Depth[order.Normal] = in, out, depth
	}
	return s
}

func TestForecast(t *testing.T) {
	t.Parallel()
	const drain, gen = order.WaitingNormalDrain, order.Generating
	left := func(n int64) Standing { return Standing{Unsettled: n} }
	clears := func(in time.Duration) event.Forecast {
		return event.Forecast{State: event.Clears, Clears: in}
	}
	because := func(state event.DrainState, reason event.DrainReason) event.Forecast {
		return event.Forecast{State: state, Reason: reason}
	}
	for _, tt := range []struct {
		name   string
		recent []event.Sample
		now    Standing
		want   event.Forecast
	}{
		{"nothing ever", nil, left(0), because(event.Idle, "")},
		{"nothing left", flow(10, drain, 0, 100, 5), left(0), because(event.Idle, "")},
		{"a pipe with nothing in it", flow(10, gen, 0, 1, 0), Standing{ToCome: -1}, because(event.Idle, "")},
		{"samples of no length", make([]event.Sample, 5), left(3), because(event.Clears, event.TooEarly)},
		{"nothing left while paused", nil, Standing{Paused: true}, because(event.Idle, "")},
		{"half of it done", flow(10, drain, 0, 100, 5), left(1000), clears(10 * time.Second)},
		{"paused in full flow", flow(10, drain, 0, 100, 5), Standing{Unsettled: 1000, Paused: true}, because(event.Paused, event.ByOperator)},
		{"paused with orders to come", nil, Standing{ToCome: 5, Paused: true}, because(event.Paused, event.ByOperator)},
		{"disk full in full flow", flow(10, drain, 0, 100, 5), Standing{Unsettled: 1000, Stalled: "disk_full"}, because(event.Stalled, "disk_full")},
		{"only retries left", flow(10, drain, 0, 100, 5), Standing{Unsettled: 7, Delayed: 7}, because(event.Stalled, event.Retries)},
		{"retries among others", flow(10, drain, 0, 100, 5), Standing{Unsettled: 1000, Delayed: 7}, clears(10 * time.Second)},
		{"just begun", flow(3, drain, 0, 0, 5), left(5), because(event.Clears, event.TooEarly)},
		{"just begun, nothing seen", nil, left(5), because(event.Clears, event.TooEarly)},
		{"nothing for eleven seconds", flow(11, drain, 0, 0, 5), left(5), because(event.Stalled, event.Quiet)},
		{"idle for long, then one", slices.Concat(flow(50, drain, 0, 0, 0), flow(1, drain, 0, 0, 1)), left(1), because(event.Clears, event.TooEarly)},
		{"slow: one in twenty seconds", slices.Concat(flow(20, drain, 0, 0, 3), flow(1, drain, 0, 1, 2), flow(19, drain, 0, 0, 2)), left(2), clears(80 * time.Second)},
		{"one, more than a minute ago", slices.Concat(flow(1, drain, 0, 1, 2), flow(60, drain, 0, 0, 2)), left(2), because(event.Stalled, event.Quiet)},
		{"as much in as out", flow(11, drain, 100, 100, 5), left(1000), because(event.Growing, event.Inflow)},
		{"hardly less in than out", flow(11, drain, 99, 100, 5), left(1000), because(event.Growing, event.Inflow)},
		{"more in than out", flow(11, drain, 200, 100, 5), left(1000), because(event.Growing, event.Inflow)},
		{"less in than out", flow(11, drain, 50, 100, 5), left(1000), clears(20 * time.Second)},
		{"a run that takes in faster than it settles", flow(10, gen, 900, 100, 5), Standing{Unsettled: 8000, ToCome: 2000}, clears(100 * time.Second)},
		{"a pipe that takes in faster than it settles", flow(10, gen, 900, 100, 5), Standing{Unsettled: 8000, ToCome: -1}, because(event.Growing, event.Inflow)},
		{"a pipe that takes in slower", flow(10, gen, 50, 100, 5), Standing{Unsettled: 1000, ToCome: -1}, clears(20 * time.Second)},
		{"a run that has taken in all", slices.Concat(flow(5, gen, 9000, 100, 5), flow(1, drain, 9000, 100, 5), flow(4, drain, 0, 100, 5)), left(1000), clears(10 * time.Second)},
		{"more than a year", flow(60, drain, 0, 1, 5), left(1e10), because(event.Clears, event.TooFar)},
		{"a moment", flow(10, drain, 0, 1_000_000, 5), left(1), clears(time.Microsecond)},
	} {
		if got := Forecast(tt.recent, tt.now); got != tt.want {
			t.Errorf("%s: Forecast = %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// A run that began within a sample has its orders from there, whatever its phase is at the
// end of it.
func TestForecastOfARunWithinOneSample(t *testing.T) {
	t.Parallel()
	samples := slices.Concat(flow(5, order.Done, 0, 0, 0), flow(1, order.WaitingVIPDrain, 9000, 100, 8900))
	samples[5].Run = order.NewRunID(1, 1)
	// The idle seconds before it count: nobody knows when within them work began.
	if got := Forecast(samples, Standing{Unsettled: 8900}); got.State != event.Clears || got.Clears <= 0 {
		t.Errorf("Forecast = %+v, want one that clears", got)
	}
}

func TestForecastPromisesNothingItCannotKnow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var samples []event.Sample
		for range rapid.IntRange(0, 70).Draw(t, "samples") {
			s := event.Sample{
				Over:  time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "over")),
				Phase: order.Phase(rapid.IntRange(0, 7).Draw(t, "phase")),
			}
			s.Generated[0], s.Processed[1] = rapid.Int64Range(0, 1e12).Draw(t, "in"), rapid.Int64Range(0, 1e12).Draw(t, "out")
			s.Depth[0] = rapid.Int64Range(0, 1e12).Draw(t, "depth")
			samples = append(samples, s)
		}
		now := Standing{
			Unsettled: rapid.Int64Range(0, 1e12).Draw(t, "unsettled"),
			ToCome:    rapid.Int64Range(-1, 1e12).Draw(t, "to come"),
			Paused:    rapid.Bool().Draw(t, "paused"),
		}
		got := Forecast(samples, now)
		if got.Clears < 0 || got.Clears > farthest || got.Clears > 0 && (got.State != event.Clears || got.Reason != "") {
			t.Errorf("Forecast = %+v, want a promise of up to a year, without a reason, only in the state clears", got)
		}
		if now.Paused && got.State != event.Paused && got.State != event.Idle {
			t.Errorf("Forecast while paused = %+v", got)
		}
		if now.Unsettled > 0 && got.State == event.Idle {
			t.Errorf("Forecast with %d unsettled = idle", now.Unsettled)
		}
	})
}
