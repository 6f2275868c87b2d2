package wire

import "github.com/filavip/filavip/internal/order"

// Lanes are the queue's two lanes.
type Lanes struct {
	VIP    LaneState `json:"vip"`
	Normal LaneState `json:"normal"`
}

// LaneState counts the orders of one lane by state, and the blocks they travel in.
type LaneState struct {
	Waiting   int64       `json:"waiting"`
	Active    int64       `json:"active"`
	Delayed   int64       `json:"delayed"`
	Completed int64       `json:"completed" doc:"Those cleaned out of the job listings among them."`
	Failed    int64       `json:"failed"`
	Removed   int64       `json:"removed"`
	Blocks    BlockCounts `json:"blocks"`
}

// BlockCounts counts a lane's blocks: orders that workers take together.
type BlockCounts struct {
	Ready   int64 `json:"ready" doc:"That may be claimed as far as their lane goes; what is not enqueued yet is in none."`
	Claimed int64 `json:"claimed"`
	Delayed int64 `json:"delayed"`
}

// NewLaneState returns a lane's state.
func NewLaneState(c *order.LaneCounts, blocks BlockCounts) LaneState {
	return LaneState{
		Waiting:   c.Waiting,
		Active:    c.Claimed,
		Delayed:   c.Delayed,
		Completed: c.Processed,
		Failed:    c.Dead,
		Removed:   c.Removed,
		Blocks:    blocks,
	}
}

// The states of the gate.
const (
	GateOpen = "open" // NORMAL orders may start
	GateShut = "shut" // a VIP order is unsettled
)

// The states of a worker.
const (
	WorkerIdle    = "idle"
	WorkerWorking = "working"
)

// Worker is what one worker does. What it has nothing to say of is null.
type Worker struct {
	ID      string       `json:"id"`
	State   string       `json:"state" enum:"idle,working"`
	Lane    *string      `json:"lane" doc:"VIP or NORMAL."`
	RunID   *order.RunID `json:"runId" nullable:"true"`
	OrderID *string      `json:"orderId" doc:"The UUID of the order in its handler; null between two, and for handlers that take no time."`
	Orders  int          `json:"orders" doc:"How many of the orders it took it has not been through with."`
	Since   Instant      `json:"since" doc:"When the handler was called; else, when it took up its block or became idle."`
}
