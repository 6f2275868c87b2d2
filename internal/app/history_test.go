package app_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// sum adds up what happened within the samples of a run.
func sum(s *wire.TimeSeries) (generated, settled, dead int64) {
	for _, x := range s.Samples {
		generated += x.Generated.VIP + x.Generated.Normal
		dead += x.Dead.VIP + x.Dead.Normal
		settled += x.Processed.VIP + x.Processed.Normal + x.Dead.VIP + x.Dead.Normal
	}
	return generated, settled, dead
}

// TestTimeSeriesOfARun shows a run from its beginning to its end, also to a process after
// the one that worked on it.
func TestTimeSeriesOfARun(t *testing.T) {
	t.Parallel()
	dir := data(t)
	p := begin(t, dir, nil)
	var started wire.Started
	p.call(http.MethodPost, "/pedidos/generate?quantity=200000", http.StatusAccepted, &started)
	p.done(200_000)
	p.stop() // saves what was seen

	p = begin(t, dir, nil)
	var s wire.TimeSeries
	p.call(http.MethodGet, "/pedidos/timeseries?window=run", http.StatusOK, &s)
	if generated, settled, _ := sum(&s); generated != 200_000 || settled != 200_000 {
		t.Errorf("the samples of the run sum up to %d generated and %d settled, want 200000 each", generated, settled)
	}
	if s.RunID != started.RunID || s.StepMs != 100 || len(s.Phases) != 6 || s.Phases[0].At != s.From || s.Phases[5].At != s.To {
		t.Errorf("run %v by %d ms from %d to %d with phases %+v; want run %v from its first phase to its sixth",
			s.RunID, s.StepMs, s.From, s.To, s.Phases, started.RunID)
	}
	if s.Peak <= 0 || s.Mean <= 0 || s.Mean > s.Peak || s.Drain.State != "idle" {
		t.Errorf("peak %v, mean %v, drain %+v; want a mean below the peak, and nothing to drain", s.Peak, s.Mean, s.Drain)
	}
	last := s.Samples[len(s.Samples)-1]
	if last.Depth != (wire.PerLane{}) {
		t.Errorf("the last sample is %+v, want no depth", last)
	}
	// The first and the last may cover moments in which nothing was settled.
	if !slices.ContainsFunc(s.Samples, func(x wire.Sample) bool { return x.Settle != nil }) {
		t.Errorf("no sample of %d says how long a settle took", len(s.Samples))
	}
	p.call(http.MethodPost, "/pedidos/reset", http.StatusOK, nil)
	p.call(http.MethodGet, "/pedidos/timeseries?run="+started.RunID.String(), http.StatusNotFound, nil)
	p.stop()
}

// TestTimeSeriesOfFailures has a run whose orders fail, some for good, on a server that
// goes on.
func TestTimeSeriesOfFailures(t *testing.T) {
	t.Parallel()
	p := begin(t, data(t), map[string]string{"simulate-work": "1us", "simulate-failures": "0.1", "attempts": "1"})
	p.call(http.MethodPost, "/pedidos/generate?quantity=5000", http.StatusAccepted, nil)
	p.done(5000)
	status := p.until(func(*wire.Status) bool { return true })
	var s wire.TimeSeries
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		p.call(http.MethodGet, "/pedidos/timeseries?window=run", http.StatusOK, &s)
		if _, settled, dead := sum(&s); settled == 5000 && dead == status.Counts.Failed {
			break
		}
	}
	_, settled, dead := sum(&s)
	if settled != 5000 || dead == 0 || dead != status.Counts.Failed {
		t.Errorf("%d settled, %d of them dead; want 5000, and %d", settled, dead, status.Counts.Failed)
	}
	if !slices.ContainsFunc(s.Samples, func(x wire.Sample) bool { return x.Work != nil }) {
		t.Error("no handler was measured, want those that take time to be")
	}
	p.stop()
}

func TestSystem(t *testing.T) {
	t.Parallel()
	dir := data(t)
	p := begin(t, dir, map[string]string{"workers": "7"})
	p.call(http.MethodPost, "/pedidos/generate?quantity=1000", http.StatusAccepted, nil)
	p.done(1000)
	var s wire.System
	p.call(http.MethodGet, "/pedidos/system", http.StatusOK, &s)
	if s.Storage.Orders != 1000 || s.Storage.Runs != 1 || s.Storage.DiskBytes <= 0 || s.Storage.Path != dir {
		t.Errorf("storage = %+v, want 1000 orders in 1 run in %s", s.Storage, dir)
	}
	if s.Workers != 7 || s.MaxOrders != 1_500_000 || s.Engine != "embedded" || s.PID == 0 || s.StartedAt.IsZero() || s.UptimeSeconds < 0 {
		t.Errorf("system = %+v", s)
	}
	settings := map[string]wire.Setting{}
	for _, setting := range s.Settings {
		settings[setting.Key] = setting
	}
	workers, attempts := settings["ORDERS_QUEUE_CONCURRENCY"], settings["FILAVIP_ATTEMPTS"]
	if workers.Value != "7" || workers.Origin != "flag" || workers.Group != "queue" || workers.Help == "" {
		t.Errorf("ORDERS_QUEUE_CONCURRENCY = %+v, want 7, given by a flag", workers)
	}
	if attempts.Value != "3" || attempts.Origin != "default" {
		t.Errorf("FILAVIP_ATTEMPTS = %+v, want 3 by default", attempts)
	}
	p.call(http.MethodGet, "/socket.io/?EIO=4&transport=polling", http.StatusOK, nil)
	stream, err := http.Get(p.base + "/pedidos/stream?events=phase")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	p.call(http.MethodGet, "/pedidos/system", http.StatusOK, &s)
	if want := (wire.Realtime{Clients: 1, SSE: 1, Sockets: wire.Sockets{Polling: 1}}); s.Realtime != want {
		t.Errorf("realtime = %+v, want %+v", s.Realtime, want)
	}
	for _, c := range s.Checks {
		if !c.OK {
			t.Errorf("check %s fails", c.Name)
		}
	}
	p.stop()
}
