package wire

import (
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

// PerLane is a number for each lane.
type PerLane struct {
	VIP    int64 `json:"vip"`
	Normal int64 `json:"normal"`
}

// Sample is what happened in one stretch of time.
type Sample struct {
	At        int64       `json:"at" doc:"The end of the stretch, in milliseconds since 1970."`
	OverMs    int64       `json:"overMs" doc:"How long the stretch was."`
	Phase     order.Phase `json:"phase" doc:"Of the current or latest batch run, at the end."`
	Generated PerLane     `json:"generated" doc:"Orders made durable within the stretch."`
	Processed PerLane     `json:"processed" doc:"Orders processed within the stretch."`
	Dead      PerLane     `json:"dead" doc:"Orders that became falhou within the stretch."`
	Retried   PerLane     `json:"retried" doc:"Attempts that failed within the stretch, and will be made again."`
	Rate      Rate        `json:"rate" doc:"A second, over the stretch."`
	Depth     PerLane     `json:"depth" doc:"Orders that were pendente at the end."`
	Settle    *Quantiles  `json:"settle" doc:"How long it took to make outcomes durable; null if none were."`
	Work      *Quantiles  `json:"work" doc:"How long handlers took for one order; null if none were called, or none that take any time."`
	Busy      int         `json:"busy" doc:"Workers with orders in hand; the most there were, if the stretch was put together from shorter ones."`
	RSS       uint64      `json:"rss" doc:"Resident memory in bytes; 0 where the system does not say."`
}

// Rate is how many orders a second.
type Rate struct {
	Generated float64 `json:"generated"`
	VIP       float64 `json:"vip" doc:"VIP orders that were processed or became falhou."`
	Normal    float64 `json:"normal" doc:"NORMAL orders that were processed or became falhou."`
	Failed    float64 `json:"failed" doc:"Orders of both lanes that became falhou."`
}

// Quantiles are durations in milliseconds that 50, 95 and 99 percent did not exceed, as far
// as the buckets tell that they were counted by.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// NewSample returns the wire's view of a sample.
func NewSample(s *event.Sample) Sample {
	failed := s.Dead[order.VIP] + s.Dead[order.Normal]
	return Sample{
		At:        Millis(s.At),
		OverMs:    s.Over.Round(time.Millisecond).Milliseconds(),
		Phase:     s.Phase,
		Generated: perLane(s.Generated),
		Processed: perLane(s.Processed),
		Dead:      perLane(s.Dead),
		Retried:   perLane(s.Retried),
		Rate: Rate{
			Generated: rate(s.Generated[order.VIP]+s.Generated[order.Normal], s.Over),
			VIP:       rate(s.Processed[order.VIP]+s.Dead[order.VIP], s.Over),
			Normal:    rate(s.Processed[order.Normal]+s.Dead[order.Normal], s.Over),
			Failed:    rate(failed, s.Over),
		},
		Depth:  perLane(s.Depth),
		Settle: newQuantiles(s.Settle),
		Work:   newQuantiles(s.Work),
		Busy:   s.Busy,
		RSS:    s.Memory,
	}
}

func perLane(n [order.PriorityCount]int64) PerLane {
	return PerLane{VIP: n[order.VIP], Normal: n[order.Normal]}
}

func newQuantiles(l event.Latency) *Quantiles {
	if l.Count == 0 {
		return nil
	}
	return &Quantiles{P50: millis(l.P50), P95: millis(l.P95), P99: millis(l.P99)}
}

// millis is d in milliseconds, with three decimals.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Metrics is what a live view is told once a second.
type Metrics struct {
	Sample
	Workers int      `json:"workers" doc:"How many there are."`
	Drain   Forecast `json:"drain"`
}

// NewMetrics returns the wire's view of the latest second.
func NewMetrics(m *event.Metrics) Metrics {
	return Metrics{Sample: NewSample(&m.Sample), Workers: m.Workers, Drain: NewForecast(m.Drain)}
}

// Forecast says what becomes of the orders that are pendente, if all goes on as it did.
type Forecast struct {
	State      string `json:"state" enum:"idle,clears,growing,stalled,paused"`
	ClearsInMs *int64 `json:"clearsInMs" doc:"Time until nothing is pendente; null unless the state is clears, and there where there is nothing to go by yet."`
	Reason     string `json:"reason,omitempty" doc:"Why there is no such time: paused, disk_full, retries (all that is left waits for its next attempt), quiet (nothing is settled), inflow (as much comes in as goes out), too_early, too_far."`
}

// NewForecast returns the wire's view of a forecast.
func NewForecast(f event.Forecast) Forecast {
	out := Forecast{State: string(f.State), Reason: string(f.Reason)}
	if f.State == event.Clears && f.Clears > 0 {
		out.ClearsInMs = new(int64((f.Clears + time.Millisecond - 1) / time.Millisecond))
	}
	return out
}

// TimeSeries is the answer to GET /pedidos/timeseries.
type TimeSeries struct {
	Window  string      `json:"window" doc:"As it was asked for."`
	StepMs  int64       `json:"stepMs" doc:"How long each sample is, but for those that are longer by themselves."`
	RunID   order.RunID `json:"runId,omitzero" doc:"Whose samples they are, with window=run; left out before any run."`
	From    int64       `json:"from" doc:"In milliseconds since 1970."`
	To      int64       `json:"to" doc:"In milliseconds since 1970."`
	Samples []Sample    `json:"samples" nullable:"false" doc:"In the order of time. Times in which no process ran have none."`
	Phases  []PhaseMark `json:"phases" nullable:"false" doc:"When runs entered their phases."`
	Peak    float64     `json:"peak" doc:"Most orders settled a second, over 250 ms or, where samples are longer, over one of them."`
	Mean    float64     `json:"mean" doc:"Orders settled a second, over the time in which there was work."`
	Drain   Forecast    `json:"drain" doc:"Of now, whatever the window."`
}

// PhaseMark is the instant at which a run entered a phase.
type PhaseMark struct {
	Phase order.Phase `json:"phase"`
	At    int64       `json:"at" doc:"In milliseconds since 1970."`
	RunID order.RunID `json:"runId"`
}
