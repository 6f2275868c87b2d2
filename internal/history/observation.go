package history

import (
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// Observation is what there is to see at one instant.
type Observation struct {
	At         time.Time
	Run        *order.Run // the current or latest batch run; nil before any. Not changed
	Generation uint64     // of the store; raised by reset, after which Flow starts anew

	Flow    [order.PriorityCount]Flow
	OfRun   [order.PriorityCount]Flow  // of Flow, what is the run's, from its acceptance on; Retried is not told apart
	Depth   [order.PriorityCount]int64 // orders that are unsettled
	Delayed int64                      // of them, those that wait for the time of their next attempt
	Paused  bool
	Stalled string // why nothing is handed out although some wait, such as "disk_full"

	// Settle and Work are distributions over [metrics.DefaultBounds] that never fall.
	Settle, Work metrics.Distribution
	Workers      int
	Busy         int    // workers with work in hand
	Memory       uint64 // resident bytes; 0 where the system does not say
}

// Flow counts what has become of a lane's orders since any one instant. It never falls
// within a generation.
type Flow struct {
	Generated, Processed, Dead, Retried int64
}

// steps returns the instants to sample up to: now, and before it, if another run has begun
// since before, the instant at which that run was accepted. What the run before it did in
// the end is then no part of the new one, whose first NORMAL comes after its last VIP.
func steps(before, now *Observation) []Observation {
	if before.Run == nil || now.Run == nil || before.Run.ID == now.Run.ID || !now.Run.Accepted.After(before.At) || !now.At.After(now.Run.Accepted) {
		return []Observation{*now}
	}
	change := *now
	change.At = now.Run.Accepted
	change.Run = endOf(before.Run)
	change.OfRun = [order.PriorityCount]Flow{}
	change.Settle, change.Work = before.Settle, before.Work
	for lane := range change.Flow {
		f, own := &change.Flow[lane], &now.OfRun[lane]
		f.Generated -= own.Generated
		f.Processed -= own.Processed
		f.Dead -= own.Dead
		change.Depth[lane] = max(0, now.Depth[lane]-(own.Generated-own.Processed-own.Dead))
	}
	return []Observation{change, *now}
}

// endOf returns a run as it was once another could begin.
func endOf(run *order.Run) *order.Run {
	ended := *run
	if ended.Active() {
		ended.Phase = order.Done
	}
	return &ended
}

// point is a sample with its durations by size, which its latencies follow from.
type point struct {
	event.Sample
	settle, work metrics.Distribution
}

// between returns the sample of what happened from one observation to the next.
func between(before, now *Observation) point {
	p := point{
		Sample: event.Sample{
			At:     now.At,
			Over:   now.At.Sub(before.At),
			Depth:  now.Depth,
			Busy:   now.Busy,
			Memory: now.Memory,
		},
		settle: now.Settle.Since(before.Settle),
		work:   now.Work.Since(before.Work),
	}
	if now.Run != nil {
		p.Run, p.Phase = now.Run.ID, now.Run.Phase
	}
	for lane := range now.Flow {
		f, was := &now.Flow[lane], &before.Flow[lane]
		p.Generated[lane] = max(0, f.Generated-was.Generated)
		p.Processed[lane] = max(0, f.Processed-was.Processed)
		p.Dead[lane] = max(0, f.Dead-was.Dead)
		p.Retried[lane] = max(0, f.Retried-was.Retried)
	}
	return p
}

// fold puts the next sample behind p.
func (p *point) fold(next *point) {
	p.At = next.At
	p.Over += next.Over
	p.Run, p.Phase, p.Depth = next.Run, next.Phase, next.Depth
	for lane := range p.Depth {
		p.Generated[lane] += next.Generated[lane]
		p.Processed[lane] += next.Processed[lane]
		p.Dead[lane] += next.Dead[lane]
		p.Retried[lane] += next.Retried[lane]
	}
	p.Busy, p.Memory = max(p.Busy, next.Busy), max(p.Memory, next.Memory)
	p.settle, p.work = p.settle.Add(next.settle), p.work.Add(next.work)
}

// middle is the instant halfway through the sample. Unlike its end it does not wander
// over a whole second when the machine is late by a little.
func (p *point) middle() time.Time { return p.At.Add(-p.Over / 2) }

// sample returns the sample with its latencies.
func (p *point) sample() event.Sample {
	s := p.Sample
	s.Settle, s.Work = latency(p.settle), latency(p.work)
	return s
}

func latency(d metrics.Distribution) event.Latency {
	return event.Latency{Count: d.Count(), P50: d.Quantile(0.50), P95: d.Quantile(0.95), P99: d.Quantile(0.99)}
}

// folded folds samples so that each lies in a cell of that length, counted from 1970:
// asked for again a moment later, the cells are the same. Cells without a sample are left
// out. The slice given is not changed.
func folded(points []point, step time.Duration) []point {
	var out []point
	var cell int64
	for i := range points {
		in := points[i].middle().UnixNano() / int64(step)
		if len(out) > 0 && in == cell {
			out[len(out)-1].fold(&points[i])
			continue
		}
		out, cell = append(out, points[i]), in
	}
	return out
}
