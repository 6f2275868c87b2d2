package wire

import "github.com/filavip/filavip/internal/order"

// JobName is the name of the one kind of job there is: one per order.
const JobName = "processOrder"

// Job is an order as the queue sees it. Its instants are milliseconds since 1970.
type Job struct {
	ID           string     `json:"id" doc:"The order's id."`
	Name         string     `json:"name" enum:"processOrder"`
	State        string     `json:"state" enum:"waiting,active,completed,failed,delayed"`
	Timestamp    int64      `json:"timestamp" doc:"When the order was accepted."`
	ProcessedOn  int64      `json:"processedOn,omitempty" doc:"Active: when a worker took it."`
	FinishedOn   int64      `json:"finishedOn,omitempty" doc:"Completed, failed: when it was settled."`
	DelayedUntil int64      `json:"delayedUntil,omitempty" doc:"Delayed: when it may be tried again."`
	AttemptsMade int        `json:"attemptsMade"`
	FailedReason string     `json:"failedReason,omitempty"`
	Opts         JobOptions `json:"opts"`
	Data         *Order     `json:"data,omitempty"`
}

// JobOptions carries the number that the challenge gives each priority. It informs;
// what decides the sequence is the gate, under which no NORMAL order starts while a
// VIP order is unsettled.
type JobOptions struct {
	Priority int `json:"priority" enum:"10,1" doc:"10 for VIP, 1 for NORMAL."`
}

// NewJob returns the job of an order in a state of the queue. The caller adds what
// only the queue knows: ProcessedOn, DelayedUntil and Data.
func NewJob(o *order.Order, state string, attempts int) Job {
	job := Job{
		ID:           o.ID(),
		Name:         JobName,
		State:        state,
		Timestamp:    Millis(o.CreatedAt),
		FinishedOn:   Millis(o.ProcessedAt),
		AttemptsMade: attempts,
		FailedReason: o.Reason,
		Opts:         JobOptions{Priority: 1},
	}
	if o.Priority() == order.VIP {
		job.Opts.Priority = 10
	}
	return job
}

// JobList is the answer to GET /pedidos/queue/jobs.
type JobList struct {
	Total int      `json:"total" doc:"How many jobs this answer lists."`
	Types []string `json:"types" nullable:"false"`
	Range Range    `json:"range"`
	Jobs  []Job    `json:"jobs" nullable:"false"`
}

// Range is the stretch of jobs that was asked for, per state, both ends included.
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
