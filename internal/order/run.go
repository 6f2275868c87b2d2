package order

import (
	"fmt"
	"time"
)

// Kind says where the orders of a run come from.
type Kind string

// The kinds of run.
const (
	Generated Kind = "generated" // made here from a seed
	Imported  Kind = "imported"  // read from a file or pipe
	Standing  Kind = "standing"  // arriving one by one; active from first to last, beside a batch run
)

// Weights are the relative shares of the tiers, by [Tier].
type Weights [TierCount]uint32

// Validate reports weights that give no order a tier, or too large ones.
func (w Weights) Validate() error {
	var sum uint64
	for _, n := range w {
		if n > 1_000_000 {
			return fmt.Errorf("%w: tier weight %d; allowed: 0 to 1000000", ErrInvalid, n)
		}
		sum += uint64(n)
	}
	if sum == 0 {
		return fmt.Errorf("%w: all tier weights are 0; at least one must not be", ErrInvalid)
	}
	return nil
}

// Work says what processing calls for each order of a run. It belongs to the run, so
// that a run resumed by another process does the same.
type Work struct {
	Handler  string        `json:"handler"`            // "mark" or "simulate"
	Delay    time.Duration `json:"delay,omitempty"`    // simulate: time spent per order
	Failures float64       `json:"failures,omitempty"` // simulate: share of attempts that fail, 0 to 1
	Attempts int           `json:"attempts"`           // before an order becomes a dead letter
	Foreign  bool          `json:"foreign,omitempty"`  // the handler is not ours, and may take the process down with it
}

// Spec is what a run was asked to be. Zero Target means: as many as the source has.
type Spec struct {
	Kind      Kind    `json:"kind"`
	Target    int64   `json:"target"`
	Seed      uint64  `json:"seed"`
	Weights   Weights `json:"weights"`
	Source    string  `json:"source,omitempty"` // Imported: the file's name, or "-"
	Work      Work    `json:"work"`
	ChunkSize int     `json:"chunkSize"` // orders per Insert
	BlockSize int     `json:"blockSize"` // orders per block, at most
	Strict    bool    `json:"strict,omitempty"`
	Forced    bool    `json:"forced,omitempty"`
}

// Cursor is how far a run's source has been read into the store.
type Cursor struct {
	Next   uint64 `json:"next"`             // index of the next order
	Offset int64  `json:"offset,omitempty"` // Imported: bytes read
	Line   int64  `json:"line,omitempty"`   // Imported: lines read
	Hash   string `json:"hash,omitempty"`   // Imported: of the bytes read
	Reject int64  `json:"reject,omitempty"` // Imported: lines refused
	End    bool   `json:"end,omitempty"`    // the source has no more
}

// Gap is a time in which no process worked on the run: from the last sign of life of
// one to the start of the next.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Failure says why a run ended in the phase Failed.
type Failure struct {
	Kind    string `json:"kind"` // cancelled, source, input_lost, refused, check
	Message string `json:"message"`
}

// FailureCancelled is the [Failure] kind of a run that was cancelled.
const FailureCancelled = "cancelled"

// Run is a batch of orders from its acceptance to its end. Its counts are kept by the
// store beside it; see [Counts].
type Run struct {
	ID    RunID  `json:"id"`
	Epoch uint64 `json:"epoch"` // raised by cancel; a worker under an older one changes nothing
	Spec  Spec   `json:"spec"`

	Phase    Phase                 `json:"phase"`
	Accepted time.Time             `json:"accepted"`
	Entered  [PhaseCount]time.Time `json:"entered"` // when each phase was entered; zero if not yet
	Ended    time.Time             `json:"ended,omitzero"`
	Failure  *Failure              `json:"failure,omitempty"`
	ShowIdle bool                  `json:"showIdle,omitempty"` // cancelled with resetPhaseToIdle

	Cursor   Cursor                       `json:"cursor"`
	Enqueued [PriorityCount]uint64        `json:"enqueued"` // per lane: orders below this index are enqueued
	Generate time.Duration                `json:"generate"` // spent generating, storing included
	Enqueue  [PriorityCount]time.Duration `json:"enqueue"`  // spent enqueuing, per lane
	Gaps     []Gap                        `json:"gaps,omitempty"`
	Void     bool                         `json:"void,omitempty"`  // ended with orders pending: no lane holds them, the gate does not count them
	Inert    bool                         `json:"inert,omitempty"` // with Void: they stay pending instead of being removed
}

// Active says whether the run is under way.
func (r *Run) Active() bool { return r.Phase.Active() }

// Cancelled says whether the run was ended by a cancel.
func (r *Run) Cancelled() bool {
	return r.Failure != nil && r.Failure.Kind == FailureCancelled
}

// WallClock returns the time from acceptance to the end, or to now while active.
func (r *Run) WallClock(now time.Time) time.Duration {
	if !r.Ended.IsZero() {
		now = r.Ended
	}
	return max(0, now.Sub(r.Accepted))
}
