package pipeline

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// The ways a run may end, as filavip_runs_total has them.
const (
	resultDone      = "done"
	resultError     = "error"
	resultCancelled = "cancelled"
)

// registerMetrics makes the pipeline's metrics. What they say of the current or latest
// run is read from the store when somebody asks, so it also holds after a restart.
func (p *Pipeline) registerMetrics() {
	r := p.opts.Metrics
	p.ended = r.CounterVec("filavip_runs_total", "Batch runs that ended in this process.",
		metrics.OneOf("result", resultDone, resultError, resultCancelled))
	r.GaugeVecFunc("filavip_run_phase", "1 for the phase of the current or latest batch run, 0 for the others.",
		p.reportPhase, metrics.OneOf("phase", namesOf(order.Idle, order.Failed)...))
	r.GaugeVecFunc("filavip_run_phase_duration_seconds",
		"Time the current or latest batch run has spent in each phase; 0 for one it has not reached.",
		p.reportDurations, metrics.OneOf("phase", namesOf(order.Generating, order.WaitingNormalDrain)...))
}

// namesOf returns the names of the phases from first to last.
func namesOf(first, last order.Phase) []string {
	var names []string
	for phase := first; phase <= last; phase++ {
		names = append(names, phase.String())
	}
	return names
}

// countEnd counts a run that has just ended; any other it passes over.
func (p *Pipeline) countEnd(run *order.Run) {
	switch {
	case run.Phase == order.Done:
		p.ended.With(resultDone).Inc()
	case run.Cancelled():
		p.ended.With(resultCancelled).Inc()
	case run.Phase == order.Failed:
		p.ended.With(resultError).Inc()
	}
}

func (p *Pipeline) reportPhase(report metrics.Report) {
	run, _, err := p.Current(context.Background())
	if err != nil {
		return
	}
	at := shownPhase(run)
	for phase := order.Idle; phase <= order.Failed; phase++ {
		value := 0.0
		if phase == at {
			value = 1
		}
		report(value, phase.String())
	}
}

// shownPhase is the run's phase as the status shows it: Idle before the first run, and
// after a cancel that asked for it.
func shownPhase(run *order.Run) order.Phase {
	if run == nil || run.ShowIdle && run.Phase.Ended() {
		return order.Idle
	}
	return run.Phase
}

func (p *Pipeline) reportDurations(report metrics.Report) {
	run, _, err := p.Current(context.Background())
	if err != nil {
		return
	}
	now := p.opts.Clock()
	for phase := order.Generating; phase.Active(); phase++ {
		report(spentIn(run, phase, now).Seconds(), phase.String())
	}
}

// spentIn returns how long the run was in a phase up to now, times in which no process
// worked on it included.
func spentIn(run *order.Run, phase order.Phase, now time.Time) time.Duration {
	if run == nil || run.Entered[phase].IsZero() {
		return 0
	}
	if next := run.Entered[phase+1]; !next.IsZero() {
		now = next
	} else if !run.Ended.IsZero() {
		now = run.Ended
	}
	return max(0, now.Sub(run.Entered[phase]))
}
