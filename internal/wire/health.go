package wire

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// The states of the queue's health, each overruling those before it.
const (
	Healthy  = "healthy"
	Degraded = "degraded" // more than 100 orders are falhou
	OnHold   = "paused"
	Aborted  = "aborted" // the latest run was cancelled
	InError  = "error"   // the latest run ended in ERROR otherwise
)

// Unhealthy is the state of a queue whose store does not answer.
const Unhealthy = "unhealthy"

// degradedAbove is how many dead letters a healthy queue may have.
const degradedAbove = 100

// QueueHealth is the answer to GET /pedidos/health/queue.
type QueueHealth struct {
	Status    string       `json:"status" enum:"healthy,degraded,paused,aborted,error,unhealthy"`
	Timestamp Instant      `json:"timestamp" nullable:"false"`
	Error     string       `json:"error,omitempty"`
	Queue     QueueLink    `json:"queue"`
	Processor *Processor   `json:"processor,omitempty"`
	Checks    *QueueChecks `json:"checks,omitempty"`
}

// QueueLink says whether the queue can be reached, and what it holds.
type QueueLink struct {
	Connected bool `json:"connected"`
	*QueueCounts
}

// Processor is what the workers are about.
type Processor struct {
	Phase               order.Phase `json:"phase"`
	IsProcessing        bool        `json:"isProcessing"`
	EnqueueVIPTimeMs    int64       `json:"enqueueVipTimeMs"`
	EnqueueNormalTimeMs int64       `json:"enqueueNormalTimeMs"`
	Aborting            bool        `json:"aborting"`
}

// QueueChecks are single findings.
type QueueChecks struct {
	QueueResponsive bool `json:"queueResponsive"`
	HasFailedJobs   bool `json:"hasFailedJobs"`
	IsStuck         bool `json:"isStuck" doc:"Orders could be processed, and for 60 s none was."`
	Aborted         bool `json:"aborted"`
}

// NewQueueHealth returns the health of a queue that answered: its counts, and the
// current or latest batch run, nil if there was none.
func NewQueueHealth(run *order.Run, counts order.Counts, queue QueueCounts, now time.Time) QueueHealth {
	s := NewStatus(run, counts, now)
	return QueueHealth{
		Status:    healthOf(&s, &queue),
		Timestamp: At(now),
		Queue:     QueueLink{Connected: true, QueueCounts: &queue},
		Processor: &Processor{
			Phase:               s.Phase,
			IsProcessing:        s.State.HasActiveGeneration,
			EnqueueVIPTimeMs:    s.EnqueueVIPTimeMs,
			EnqueueNormalTimeMs: s.EnqueueNormalTimeMs,
		},
		Checks: &QueueChecks{
			QueueResponsive: true,
			HasFailedJobs:   queue.Failed > 0,
			IsStuck:         !queue.Paused && stuck(run, &counts, now),
			Aborted:         s.Aborted,
		},
	}
}

// InQueue adds why the store hands nothing out although orders wait, empty if it does:
// what is held back on purpose is not stuck.
func (h *QueueHealth) InQueue(stalled string) {
	if h.Checks != nil && stalled != "" {
		h.Checks.IsStuck = false
	}
}

// NewUnhealthy returns the health of a queue whose store did not answer.
func NewUnhealthy(reason string, now time.Time) QueueHealth {
	return QueueHealth{Status: Unhealthy, Timestamp: At(now), Error: reason}
}

func healthOf(s *Status, queue *QueueCounts) string {
	switch {
	case s.Phase == order.Failed && s.Aborted:
		return Aborted
	case s.Phase == order.Failed:
		return InError
	case queue.Paused:
		return OnHold
	case queue.Failed > degradedAbove:
		return Degraded
	}
	return Healthy
}

// stuck says whether the run is active, the lane whose turn it is has orders that a
// worker has or could take, and nothing has happened to it for too long. While orders
// are generated and none is VIP, or while those that are left wait for the due time of
// a retry, nothing can be settled and nothing is stuck.
func stuck(run *order.Run, counts *order.Counts, now time.Time) bool {
	if run == nil || !run.Active() {
		return false
	}
	turn := order.VIP
	if run.Phase > order.WaitingVIPDrain {
		turn = order.Normal
	}
	c := &counts[turn]
	return c.Waiting+c.Claimed > 0 && now.Sub(LastSign(run, counts)) >= quietAfter
}

// Alive is the answer to GET /health/live.
type Alive struct {
	Status string  `json:"status" enum:"alive"`
	TS     Instant `json:"ts" nullable:"false"`
}

// Ready is the answer to GET /health/ready: whether the server can do its work.
type Ready struct {
	Status    string            `json:"status" enum:"ready,unavailable"`
	TS        Instant           `json:"ts" nullable:"false"`
	Timestamp Instant           `json:"timestamp" nullable:"false" doc:"Same as ts."`
	Uptime    float64           `json:"uptime" doc:"Seconds since the server started."`
	Services  map[string]string `json:"services" doc:"Each check with ok or failed."`
}

// Diagnostics is the answer to GET /diagnostics/queue.
type Diagnostics struct {
	MemoryPhase         order.Phase `json:"memoryPhase"`
	HasActiveGeneration bool        `json:"hasActiveGeneration"`
	Aborting            bool        `json:"aborting"`
	Persisted           *Persisted  `json:"persisted"`
	Counts              QueueCounts `json:"counts"`
	SampleJobs          []Job       `json:"sampleJobs" nullable:"false" doc:"Up to 50 of each state."`
	Workers             int         `json:"workers"`
	WorkerList          []Worker    `json:"workerList" nullable:"false" doc:"What each worker does."`
	Gate                string      `json:"gate" enum:"open,shut" doc:"Shut while any VIP order is unsettled: no NORMAL one starts."`
	Lanes               Lanes       `json:"lanes"`
	Stalled             string      `json:"stalled,omitempty"`
	Generation          uint64      `json:"generation" doc:"How often the store was reset."`
}

// Persisted is the state of the current or latest run as it is stored.
type Persisted struct {
	Phase               order.Phase `json:"phase"`
	Aborted             bool        `json:"aborted"`
	ActiveGenerateJobID string      `json:"activeGenerateJobId,omitempty" doc:"The run, while it is active."`
	TotalQuantityTarget int64       `json:"totalQuantityTarget"`
	UpdatedAt           Instant     `json:"updatedAt" nullable:"false"`
	Epoch               uint64      `json:"epoch"`
}

// NewPersisted returns the stored state of a run; nil if there is none.
func NewPersisted(run *order.Run, counts order.Counts) *Persisted {
	if run == nil {
		return nil
	}
	p := &Persisted{
		Phase:               run.Phase,
		Aborted:             run.Cancelled(),
		TotalQuantityTarget: target(run, &counts),
		UpdatedAt:           At(LastSign(run, &counts)),
		Epoch:               run.Epoch,
	}
	if run.Active() {
		p.ActiveGenerateJobID = run.ID.String()
	}
	return p
}
