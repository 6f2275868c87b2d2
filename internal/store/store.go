package store

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Store is what a driver implements.
type Store interface {
	Runs
	Source
	Lanes
	Gate
	Verbs
	Reader
	Lister
	Samples
	Checker
	// Close waits for calls under way and gives the store back; calls after it return
	// [order.ErrClosed], or [order.ErrClaimLost] where they are about a claim. A driver that works with servers may cut short what takes too
	// long. Claims still held are returned, with no attempt consumed, at the latest when
	// the store is next opened, or, where claims expire, when they do.
	Close() error
}

// Fence names the run a call works for and the epoch it believes the run to be in.
type Fence struct {
	Run   order.RunID
	Epoch uint64
}

// Runs keeps the documents of the runs.
type Runs interface {
	// Begin accepts a run in the phase Generating and assigns its ID, whose millisecond
	// is above that of every run before it. It returns [order.ErrRunActive], wrapped with
	// the live run's ID, if a run that is not Standing is active and spec is not Standing.
	Begin(ctx context.Context, spec order.Spec, now time.Time, idem *Idempotency) (order.Run, error)
	// Advance moves the run by one step and returns it as it is then. It returns
	// [order.ErrStale] if the run is not in step.From or the fence is old; if the run is
	// already in step.To and was moved there by this very step, that is no error.
	Advance(ctx context.Context, fence Fence, step Step) (order.Run, error)
	// Run returns one run, or [order.ErrNotFound].
	Run(ctx context.Context, id order.RunID) (order.Run, error)
	// Runs returns up to limit runs, newest first, that started before the given one;
	// a zero before means from the newest.
	Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error)
}

// Step moves a run from one phase to the next, adding the time that was spent. From
// equal to To records time and Gap alone.
type Step struct {
	From, To order.Phase
	At       time.Time
	Generate time.Duration                      // added to the run's
	Enqueue  [order.PriorityCount]time.Duration // added to the run's
	Failure  *order.Failure                     // with To Failed
	Gap      *order.Gap                         // appended to the run's
}

// Source takes orders in.
type Source interface {
	// Insert makes a chunk's orders durable together with the blocks they travel in,
	// the counters, and the run's cursor, in one atomic step. Blocks of the lanes in
	// chunk.Ready may be claimed at once; the others wait for Enqueue.
	//
	// A chunk below the run's cursor was inserted before: nothing is added. An order
	// whose ref another order has is not added, and is reported in Refused; if that other
	// order is not the same one and chunk.AllOrNothing is set, nothing at all is added,
	// and the error is a [ConflictError]. Orders of a Void run that were neither processed
	// nor are dead have given their refs up. A gap between cursor and chunk is
	// [order.ErrInvalid].
	Insert(ctx context.Context, fence Fence, chunk Chunk) (Inserted, error)
	// Enqueue makes the run's blocks of one lane ready that Insert left waiting, up to
	// the run's cursor, and returns how many orders that were.
	Enqueue(ctx context.Context, fence Fence, lane order.Priority) (int64, error)
}

// Preparer is a Source that can do the part of Insert which needs no turn while the
// chunk before is still being inserted. A Source that cannot is used with Insert alone.
type Preparer interface {
	// Prepare encodes a chunk and returns a function that inserts it: Insert in two
	// parts. The function must be called exactly once, also to give the chunk up, for
	// which its ctx is done. The chunk must not change before it has returned.
	Prepare(ctx context.Context, fence Fence, chunk Chunk) (insert func(context.Context) (Inserted, error), err error)
}

// Chunk is a stretch of a run's orders. Their keys are assigned by the caller: index
// First upward, without a gap. The driver keeps no reference to it.
type Chunk struct {
	First  uint64
	Orders []order.Order
	Next   order.Cursor // of the run's source behind this chunk; Next.Next is First + len(Orders)
	Ready  []order.Priority
	Spent  time.Duration // added to the run's Generate
	// AllOrNothing keeps the chunk out if an order of it conflicts: the cursor stays
	// before it, so that whoever goes on from there meets the conflict again.
	AllOrNothing bool
	// Foretell returns the digest's term of an order as it will be once settled. It is
	// summed over what is added, in [order.LaneCounts] Accepted. Nil sums nothing.
	// It must not change the order; it is called by one goroutine at a time.
	Foretell func(*order.Order) order.Digest
}

// Inserted says what Insert did with a chunk.
type Inserted struct {
	Added   int64
	Refused []Refusal
}

// Refusal names an order of a chunk that was not added.
type Refusal struct {
	At  int   // its place in Chunk.Orders; ascending
	Err error // wraps [order.ErrRefConflict]; nil if the same order is stored already
}

// Lanes hands orders out and takes their outcomes.
type Lanes interface {
	// Claim takes ready blocks for a worker until they hold limit orders or none is left,
	// at least one block if any may be taken: VIP first, in the order of acceptance, due
	// retries before new blocks of the same lane, NORMAL only through the gate. Each is
	// claimed by no one else until it is settled, released, revoked, or expires.
	//
	// With nothing to take it returns no claim, no error, and the first instant after now
	// at which a delayed block comes due and may be taken as things stand: while the gate
	// is shut NORMAL ones do not count, while hand-out is stopped none does. It is zero if
	// there is none. Whatever else makes a block claimable closes Changed's channel.
	//
	// What is claimed of a run whose handler is Foreign when its process dies meets its
	// [order.FateOf]: it comes back as it was or in halves, or is a dead letter.
	Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*Claim, time.Time, error)
	// Load returns the claim's orders in the order of its Indexes, in the slab's memory:
	// they are valid until the slab is used again.
	Load(ctx context.Context, c *Claim, slab *Slab) ([]order.Order, error)
	// Settle gives orders of claims their outcomes, with counters and retry or
	// dead-letter entries, atomically per order, and per call for a driver that declares
	// AtomicBlocks. Each settlement may cover any part of its claim; the last part
	// retires the claim. Outcomes of orders that the claim no longer holds are ignored,
	// so a repetition applies nothing twice.
	//
	// A settlement whose claim is lost changes nothing; the others of the call hold, and
	// the error wraps a [LostError] that names those that did not.
	Settle(ctx context.Context, settlements ...Settlement) error
	// Extend keeps a claim from expiring for another lease, where claims expire.
	Extend(ctx context.Context, c *Claim) error
	// Release gives what is left of claims back, with no attempt consumed. Lost claims
	// are passed over.
	Release(ctx context.Context, claims ...*Claim) error
}

// Gate says what may be handed to a handler at this moment.
type Gate interface {
	// MayStart returns nil if the next order of the claim may be handed to a handler
	// now, else [order.ErrPaused], [order.ErrGateShut] or [order.ErrClaimLost]. It costs
	// a few nanoseconds and is meant to be called before every order.
	MayStart(c *Claim) error
	// Changed returns a channel that is closed once something may have become claimable
	// or a count has changed after the call. A Claim that takes nothing does not close
	// it, so whoever found nothing can wait on it.
	Changed() <-chan struct{}
}

// Claim is a block in a worker's hands.
type Claim struct {
	Token    any // the driver's own
	Run      order.RunID
	Epoch    uint64
	Priority order.Priority
	Attempts int       // that each of its orders has used up so far
	Indexes  []uint64  // of its orders in the run, ascending; not changed after Claim
	Expires  time.Time // zero: never, as long as this process lives
}

// Settlement gives some orders of a claim their outcomes.
type Settlement struct {
	Claim    *Claim
	Started  time.Time // when the first of these orders was handed out
	At       time.Time // when they are settled
	Outcomes []Outcome
}

// Outcome is what became of one order in one attempt.
type Outcome struct {
	Index  uint64
	Status order.Status // Processed, Dead, or Pending: to be tried again
	At     time.Time    // when the handler was done with it
	Due    time.Time    // Pending: not before this instant
	Reason string       // Dead, Pending: the handler's error
	Sum    order.Digest // Processed, Dead: the settled order's term of the digest
}

// Apply makes the step on a run's document, which must be in From.
func (s *Step) Apply(run *order.Run) {
	run.Generate += s.Generate
	for lane, spent := range s.Enqueue {
		run.Enqueue[lane] += spent
	}
	if s.Gap != nil {
		run.Gaps = append(run.Gaps, *s.Gap)
	}
	if s.From == s.To {
		return
	}
	run.Phase = s.To
	run.Entered[s.To] = s.At
	if s.To.Ended() {
		run.Ended = s.At
		run.Failure = s.Failure
	}
}
