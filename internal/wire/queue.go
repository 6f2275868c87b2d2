package wire

import "github.com/filavip/filavip/internal/order"

// QueueCounts counts orders, not blocks, by the state in which the queue has them.
type QueueCounts struct {
	Waiting   int64 `json:"waiting"`
	Active    int64 `json:"active"`
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Delayed   int64 `json:"delayed"`
	Paused    bool  `json:"paused"`
}

// NewQueueCounts returns the queue's counts; hidden is how many processed orders were
// cleaned out of the job listings.
func NewQueueCounts(c *order.Counts, hidden int64, paused bool) QueueCounts {
	vip, normal := &c[order.VIP], &c[order.Normal]
	return QueueCounts{
		Waiting:   vip.Waiting + normal.Waiting,
		Active:    vip.Claimed + normal.Claimed,
		Completed: max(0, c.Processed()-hidden),
		Failed:    c.Dead(),
		Delayed:   vip.Delayed + normal.Delayed,
		Paused:    paused,
	}
}

// Paused is the answer to POST /pedidos/queue/pause.
type Paused struct {
	Paused bool `json:"paused"`
	Global bool `json:"global" doc:"Always true: a pause holds for every worker."`
}

// Resumed is the answer to POST /pedidos/queue/resume.
type Resumed struct {
	Resumed bool `json:"resumed"`
	Global  bool `json:"global"`
}

// Cleaned is the answer to POST /pedidos/queue/clean.
type Cleaned struct {
	Removed int64  `json:"removed" doc:"In a dry run, how many would be."`
	State   string `json:"state"`
	DryRun  bool   `json:"dryRun"`
}

// Purged is the answer to POST /pedidos/queue/purge.
type Purged struct {
	Purged     bool  `json:"purged" doc:"False in a dry run."`
	Obliterate bool  `json:"obliterate"`
	Removed    int64 `json:"removed" doc:"In a dry run, how many would be."`
	DryRun     bool  `json:"dryRun"`
}

// Closed is the answer to POST /pedidos/queue/close.
type Closed struct {
	Closed bool `json:"closed"`
}

// Retried is the answer to POST /pedidos/queue/retry-failed.
type Retried struct {
	Retried int64 `json:"retried"`
}

// Recovered is the answer to POST /pedidos/queue/recover-stuck.
type Recovered struct {
	Recovered int    `json:"recovered"`
	Message   string `json:"message"`
}
