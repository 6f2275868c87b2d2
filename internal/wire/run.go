package wire

import (
	"strconv"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Timings are the figures of a run as its history and its logs show them.
type Timings struct {
	GenerationTimeMs       int64   `json:"generationTimeMs"`
	EnqueueVIPTimeMs       int64   `json:"enqueueVipTimeMs"`
	EnqueueNormalTimeMs    int64   `json:"enqueueNormalTimeMs"`
	ProcessingTimeVIPMs    int64   `json:"processingTimeVIPMs"`
	ProcessingTimeNormalMs int64   `json:"processingTimeNormalMs"`
	StartVIP               Instant `json:"startVIP"`
	EndVIP                 Instant `json:"endVIP"`
	StartNormal            Instant `json:"startNormal"`
	EndNormal              Instant `json:"endNormal"`
	TotalProcessedVIP      int64   `json:"totalProcessedVIP"`
	TotalProcessedNormal   int64   `json:"totalProcessedNormal"`
	TotalTimeMs            int64   `json:"totalTimeMs"`
	WallClockMs            int64   `json:"wallClockMs"`
}

// NewTimings takes the figures out of a status.
func NewTimings(s *Status) Timings {
	vip, normal := s.Processing.VIP, s.Processing.Normal
	return Timings{
		GenerationTimeMs:       s.GenerationTimeMs,
		EnqueueVIPTimeMs:       s.EnqueueVIPTimeMs,
		EnqueueNormalTimeMs:    s.EnqueueNormalTimeMs,
		ProcessingTimeVIPMs:    vip.TimeMs,
		ProcessingTimeNormalMs: normal.TimeMs,
		StartVIP:               vip.Start,
		EndVIP:                 vip.End,
		StartNormal:            normal.Start,
		EndNormal:              normal.End,
		TotalProcessedVIP:      vip.Count,
		TotalProcessedNormal:   normal.Count,
		TotalTimeMs:            s.TotalTimeMs,
		WallClockMs:            s.WallClockMs,
	}
}

// The states of a run in its history.
const (
	RunRunning   = "running"
	RunCompleted = "completed"
	RunCancelled = "cancelled"
	RunFailed    = "failed"
)

// Run is one row of the history: one run, from its acceptance on.
type Run struct {
	RunID     order.RunID `json:"runId"`
	CreatedAt Instant     `json:"createdAt" nullable:"false"`
	EndedAt   Instant     `json:"endedAt"`
	Status    string      `json:"status" enum:"running,completed,cancelled,failed"`
	Phase     order.Phase `json:"phase"`
	Aborted   bool        `json:"aborted"`
	Error     *Failure    `json:"error,omitempty"`

	Target    int64 `json:"target"`
	Generated int64 `json:"generated"`
	Failed    int64 `json:"failed"`
	Removed   int64 `json:"removed"`
	Pending   int64 `json:"pending"`
	Rejected  int64 `json:"rejected" doc:"Lines of the input that were refused."`
	Timings

	Kind    order.Kind   `json:"kind" enum:"generated,imported,standing"`
	Source  string       `json:"source,omitempty"`
	Seed    string       `json:"seed" doc:"A number of up to 20 digits, as text: too long for a JSON number to carry exactly."`
	Weights TierWeights  `json:"weights"`
	Work    Work         `json:"work"`
	Digest  order.Digest `json:"digest" doc:"Sum over the settled orders; the same for the same seed, whatever happened on the way."`
	Gaps    []Gap        `json:"gaps,omitempty" nullable:"false" doc:"Times in which no process worked on the run."`
}

// TierWeights are the relative shares of the tiers.
type TierWeights struct {
	Bronze  uint32 `json:"BRONZE"`
	Silver  uint32 `json:"SILVER"`
	Gold    uint32 `json:"GOLD"`
	Diamond uint32 `json:"DIAMOND"`
}

// Work is what processing an order of the run meant.
type Work struct {
	Handler  string  `json:"handler"`
	DelayMs  float64 `json:"delayMs"`
	Failures float64 `json:"failures"`
	Attempts int     `json:"attempts"`
}

// Gap is a time in which no process worked on a run.
type Gap struct {
	From Instant `json:"from" nullable:"false"`
	To   Instant `json:"to" nullable:"false"`
}

// NewRun returns the row of a run at that instant.
func NewRun(run *order.Run, counts order.Counts, now time.Time) Run {
	s := NewStatus(run, counts, now)
	row := Run{
		RunID:     run.ID,
		CreatedAt: At(run.Accepted),
		EndedAt:   At(run.Ended),
		Status:    runStatus(run),
		Phase:     run.Phase,
		Aborted:   s.Aborted,
		Error:     s.Error,
		Target:    s.Target,
		Generated: s.Generated,
		Failed:    s.Counts.Failed,
		Removed:   s.Counts.Removed,
		Pending:   s.Counts.Pending,
		Rejected:  run.Cursor.Reject,
		Timings:   NewTimings(&s),
		Kind:      run.Spec.Kind,
		Source:    run.Spec.Source,
		Seed:      strconv.FormatUint(run.Spec.Seed, 10),
		Weights:   newTierWeights(run.Spec.Weights),
		Work:      newWork(run.Spec.Work),
		Digest:    counts.Digest(),
	}
	for _, gap := range run.Gaps {
		row.Gaps = append(row.Gaps, Gap{From: At(gap.From), To: At(gap.To)})
	}
	return row
}

func runStatus(run *order.Run) string {
	switch {
	case run.Phase == order.Done:
		return RunCompleted
	case run.Cancelled():
		return RunCancelled
	case run.Phase == order.Failed:
		return RunFailed
	}
	return RunRunning
}

func newTierWeights(w order.Weights) TierWeights {
	return TierWeights{
		Bronze:  w[order.Bronze],
		Silver:  w[order.Silver],
		Gold:    w[order.Gold],
		Diamond: w[order.Diamond],
	}
}

func newWork(w order.Work) Work {
	return Work{
		Handler:  w.Handler,
		DelayMs:  float64(w.Delay.Microseconds()) / 1000,
		Failures: w.Failures,
		Attempts: w.Attempts,
	}
}

// RunPage is one page of the history, newest first.
type RunPage struct {
	Limit      int    `json:"limit"`
	Count      int    `json:"count" doc:"How many runs this page has."`
	Runs       []Run  `json:"runs" nullable:"false"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Give it as cursor to get the next page; left out on the last."`
}
