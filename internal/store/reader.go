package store

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// MaxExamined bounds the rows that a page examines; a page may hold fewer entries than
// asked for and still have a cursor.
const MaxExamined = 10_000

// Reader answers small questions in time that does not grow with the store.
type Reader interface {
	// Counts returns the counts of one run, of one committed instant; the zero Counts
	// for a run that is unknown.
	Counts(ctx context.Context, run order.RunID) (order.Counts, error)
	// Drained says whether no order of one lane of the run is unsettled, which is what
	// Counts says too, but costs no more the more blocks the run has. True for a run that
	// is unknown.
	Drained(ctx context.Context, run order.RunID, lane order.Priority) (bool, error)
	// Totals returns what holds for all runs together.
	Totals(ctx context.Context) (Totals, error)
	// Order returns one order joined with its outcome, or [order.ErrNotFound].
	Order(ctx context.Context, key order.Key) (order.Order, error)
	// Lookup returns the key of the order with that ref, or [order.ErrNotFound].
	Lookup(ctx context.Context, ref string) (order.Key, error)
	// DeadLetter returns the dead letter of one order, or [order.ErrNotFound] if the order
	// is unknown or never used up its attempts. It stays when the order is put back or
	// discarded: the order's status says whether it is a dead letter now, and Redriven
	// counts that it was put back.
	DeadLetter(ctx context.Context, key order.Key) (DeadLetter, error)
}

// Totals are the store's figures over all runs.
type Totals struct {
	Counts     order.Counts // summed over all runs but those that are Inert
	Hidden     int64        // of the processed ones in Counts, those that Clean took from the job listings
	Paused     bool
	Generation uint64
	Stalled    string // why no order is handed out although some wait, such as "disk_full"; empty if none
	GateOpen   bool   // NORMAL orders may start, as far as the gate goes
	Blocks     [order.PriorityCount]BlockCounts
}

// BlockCounts counts the blocks of one lane, of all runs that are not void. Blocks that
// are not enqueued yet are in none of the counts.
type BlockCounts struct {
	Ready   int64 // that may be claimed, gate and pause permitting
	Claimed int64
	Delayed int64 // that wait for, or have reached, the due time of a retry
}

// Lister pages through what may be long. Cursors are opaque, survive restarts, and
// are empty when there is no more.
type Lister interface {
	// Orders lists orders by key.
	Orders(ctx context.Context, q OrderQuery) (OrderPage, error)
	// Jobs lists the orders in one job state, VIP first, then by age; completed and
	// failed ones newest first.
	Jobs(ctx context.Context, q JobQuery) ([]Job, error)
	// DeadLetters lists dead letters by key.
	DeadLetters(ctx context.Context, q DeadQuery) (DeadPage, error)
	// Groups counts dead letters by error group, largest first, over the first
	// [MaxExamined] of them.
	Groups(ctx context.Context) ([]Group, error)
}

// OrderQuery chooses orders. Nil and zero fields choose all.
type OrderQuery struct {
	Run      order.RunID
	Priority *order.Priority
	Tier     *order.Tier
	Status   *order.Status
	Customer string // occurs in the customer's name, both as [strings.ToLower] writes them
	Cursor   string
	Limit    int // 1 to 1000
}

// OrderPage is one page of orders.
type OrderPage struct {
	Orders   []order.Order
	Cursor   string
	Examined int // rows that were looked at for it, at most [MaxExamined]
}

// JobQuery chooses the jobs Offset to Offset+Limit-1 of one state. Offset and Limit
// together are at most [MaxExamined].
type JobQuery struct {
	State  JobState
	Offset int
	Limit  int
}

// Job is an order as the queue sees it.
type Job struct {
	Order    order.Order
	State    JobState
	Attempts int
	Claimed  time.Time // Active: when it was claimed
	Due      time.Time // Delayed: when it may be claimed
}

// DeadQuery chooses dead letters; an empty Group chooses all.
type DeadQuery struct {
	Group  string
	Cursor string
	Limit  int // 1 to 1000
}

// DeadPage is one page of dead letters.
type DeadPage struct {
	Letters []DeadLetter
	Cursor  string
}

// DeadLetter is an order that used up its attempts.
type DeadLetter struct {
	Order    order.Order
	Group    string
	Attempts int
	First    time.Time // first failure
	Last     time.Time // last failure
	Redriven int       // how often it was put back before
}

// Group is a set of dead letters that failed alike.
type Group struct {
	Name        string
	Count       int64
	First, Last time.Time // first and last failure
	Example     string    // the reason of one of them, as it was
}

// Checker proves the store right or wrong.
type Checker interface {
	// Verify reads everything: every row decodes and its checksum holds, the recount
	// equals the counters, every pending order is in exactly one place, every order is
	// accounted for, and the digests agree. It may run beside other calls; it then
	// judges one instant. A damaged store is a Report with Problems, not an error.
	Verify(ctx context.Context) (Report, error)
}

// Report is what Verify found.
type Report struct {
	Orders   int64       `json:"orders"`
	Runs     []RunReport `json:"runs"`
	Problems []string    `json:"problems"` // the first 100
	Found    int64       `json:"found"`    // how many problems there were
}

// Clean says whether nothing was wrong.
func (r *Report) Clean() bool { return r.Found == 0 }

// RunReport is the recount of one run.
type RunReport struct {
	Run    order.Run    `json:"run"`
	Counts order.Counts `json:"counts"`
	Digest order.Digest `json:"digest"` // over the settled orders, recomputed from the rows
}
