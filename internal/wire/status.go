package wire

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Status is the body of GET /pedidos and GET /orders: the current or latest batch run.
type Status struct {
	ContractVersion int         `json:"contractVersion"`
	Phase           order.Phase `json:"phase" enum:"IDLE,GENERATING,ENQUEUE_VIP,WAITING_VIP_DRAIN,ENQUEUE_NORMAL,WAITING_NORMAL_DRAIN,DONE,ERROR"`
	LastRunID       order.RunID `json:"lastRunId,omitzero" doc:"Left out before the first run."`
	Target          int64       `json:"target" doc:"Orders asked for; 0 while it is not known."`
	Generated       int64       `json:"generated"`

	GenerationTimeMs    int64      `json:"generationTimeMs" doc:"0 until generation has ended."`
	EnqueueVIPTimeMs    int64      `json:"enqueueVipTimeMs" doc:"0 until all VIP orders are enqueued."`
	EnqueueNormalTimeMs int64      `json:"enqueueNormalTimeMs" doc:"0 until all NORMAL orders are enqueued."`
	Processing          Processing `json:"processing"`
	TotalTimeMs         int64      `json:"totalTimeMs" doc:"Generation + VIP window + NORMAL window. They overlap: wallClockMs is the time that passed."`
	WallClockMs         int64      `json:"wallClockMs" doc:"From acceptance to the end, or to now."`
	WallClockElapsedMs  int64      `json:"wallClockElapsedMs" doc:"Same as wallClockMs."`

	Counts     Counts     `json:"counts"`
	Throughput Throughput `json:"throughput"`
	ETA        ETA        `json:"eta"`
	Progress   Progress   `json:"progress"`

	HighRes HighRes  `json:"highRes"`
	State   State    `json:"state"`
	Aborted bool     `json:"aborted" doc:"The run was ended by a cancel."`
	Error   *Failure `json:"error,omitempty" doc:"Why the run ended in ERROR."`
	Paused  bool     `json:"paused"`
	Stalled string   `json:"stalled,omitempty" doc:"Why nothing is handed out although orders wait, such as disk_full."`

	Timestamp int64 `json:"timestamp" doc:"Milliseconds since 1970."`
}

// Processing is what became of each lane.
type Processing struct {
	VIP    Lane `json:"vip"`
	Normal Lane `json:"normal"`
}

// Counts counts the run's orders. VIP and Normal are those that processing is done
// with, be they processado or falhou.
type Counts struct {
	VIP     int64 `json:"vip"`
	Normal  int64 `json:"normal"`
	Total   int64 `json:"total"`
	Failed  int64 `json:"failed" doc:"Of the total, those that are falhou."`
	Removed int64 `json:"removed"`
	Pending int64 `json:"pending"`
}

// Throughput is in orders per second.
type Throughput struct {
	VIP     float64 `json:"vip"`
	Normal  float64 `json:"normal"`
	Overall float64 `json:"overall"`
}

// Progress is how far the run has come.
type Progress struct {
	Target         int64 `json:"target"`
	Generated      int64 `json:"generated"`
	ProcessedTotal int64 `json:"processedTotal"`
}

// State is the run's own state, whatever Phase shows.
type State struct {
	MemoryPhase         order.Phase `json:"memoryPhase"`
	Aborting            bool        `json:"aborting" doc:"Always false: a cancel takes effect in one step."`
	HasActiveGeneration bool        `json:"hasActiveGeneration"`
}

// Failure says why a run ended in ERROR.
type Failure struct {
	Kind    string `json:"kind" doc:"cancelled, source, input_lost, refused or check."`
	Message string `json:"message"`
}

// NewStatus returns the status of a run at that instant; a nil run means that there
// has been none.
func NewStatus(run *order.Run, counts order.Counts, now time.Time) Status {
	s := Status{ContractVersion: 2, Timestamp: Millis(now)}
	if run == nil {
		return s
	}
	s.Phase = shownPhase(run)
	s.LastRunID = run.ID
	s.Target, s.Generated = target(run, &counts), counts.Generated()
	s.setTimes(run, &counts, now)
	s.setCounts(&counts)
	s.ETA = newETA(run, &counts, now)
	s.HighRes = newHighRes(run, &counts, now)
	s.State = State{MemoryPhase: run.Phase, HasActiveGeneration: run.Active()}
	s.Aborted, s.Error = run.Cancelled(), newFailure(run)
	return s
}

// InQueue adds what holds for the whole queue. While it hands nothing out there is no
// telling when the run will be done.
func (s *Status) InQueue(paused bool, stalled string) {
	s.Paused, s.Stalled = paused, stalled
	if s.State.HasActiveGeneration && (paused || stalled != "") {
		s.ETA.EstimatedMs = nil
	}
}

func (s *Status) setTimes(run *order.Run, counts *order.Counts, now time.Time) {
	s.GenerationTimeMs = spentBy(run, order.EnqueueVIP, run.Generate)
	s.EnqueueVIPTimeMs = spentBy(run, order.WaitingVIPDrain, run.Enqueue[order.VIP])
	s.EnqueueNormalTimeMs = spentBy(run, order.WaitingNormalDrain, run.Enqueue[order.Normal])
	s.Processing = Processing{
		VIP:    newLane(run, counts, order.VIP),
		Normal: newLane(run, counts, order.Normal),
	}
	s.TotalTimeMs = s.GenerationTimeMs + s.Processing.VIP.TimeMs + s.Processing.Normal.TimeMs
	wall := run.WallClock(now)
	s.WallClockMs = wall.Milliseconds()
	s.WallClockElapsedMs = s.WallClockMs
	s.Throughput = Throughput{
		VIP:     rate(done(&counts[order.VIP]), window(run, counts, order.VIP, now)),
		Normal:  rate(done(&counts[order.Normal]), window(run, counts, order.Normal, now)),
		Overall: rate(counts.Processed()+counts.Dead(), wall),
	}
}

func (s *Status) setCounts(c *order.Counts) {
	s.Counts = Counts{
		VIP:     done(&c[order.VIP]),
		Normal:  done(&c[order.Normal]),
		Total:   c.Processed() + c.Dead(),
		Failed:  c.Dead(),
		Removed: c.Removed(),
		Pending: c.Unsettled(),
	}
	s.Progress = Progress{Target: s.Target, Generated: s.Generated, ProcessedTotal: s.Counts.Total}
}

// shownPhase is the run's phase, but for a cancel that asked to show Idle.
func shownPhase(run *order.Run) order.Phase {
	if run.ShowIdle && run.Phase.Ended() {
		return order.Idle
	}
	return run.Phase
}

// target is how many orders the run will have: what was asked for, or, where that was
// all the source has, what it had.
func target(run *order.Run, counts *order.Counts) int64 {
	if run.Spec.Target == 0 && run.Cursor.End {
		return counts.Generated()
	}
	return run.Spec.Target
}

func newFailure(run *order.Run) *Failure {
	if run.Failure == nil {
		return nil
	}
	return &Failure{Kind: run.Failure.Kind, Message: run.Failure.Message}
}
