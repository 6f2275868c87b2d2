package store

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Idempotency makes a mutating call repeatable by its key. The record is written in
// the very commit of the call's effect. Found again with the same fingerprint, the
// call has no effect and returns what the first one returned; with another
// fingerprint it returns [order.ErrKeyReused]. Records are kept for [KeepRecords]; older
// ones go, the oldest first, once there are more than [MaxRecords].
type Idempotency struct {
	Key         string // 1 to 255 bytes
	Fingerprint string // of the call and its parameters
	Now         time.Time
}

// Bounds on the idempotency records a store keeps.
const (
	KeepRecords = 24 * time.Hour
	MaxRecords  = 10_000
)

// Verbs are the operator's acts. Each is persisted before it returns. A claim that one
// of them revokes is lost: an order that a handler has in hand at that instant may end
// there, but its outcome changes nothing, and MayStart lets no other begin.
type Verbs interface {
	// Cancel ends an active run as Failed and Void, raises its epoch and revokes its
	// claims: after it returns, no order of the run changes, but for dead letters that are
	// discarded. It takes the same time however many orders are pending. It returns
	// [order.ErrNotFound] if there is no such run, [order.ErrStale] if the run is active
	// and no longer under opts.Epoch, and Cancelled with Was false if the run had ended.
	// The zero run names none: the zero Cancelled is returned, and recorded for idem.
	Cancel(ctx context.Context, run order.RunID, opts CancelOptions, idem *Idempotency) (Cancelled, error)
	// Reset stops every run and forgets every order, block, run, dead letter and
	// counter. What still works on them changes nothing. Pause is lifted.
	Reset(ctx context.Context, idem *Idempotency) (Wiped, error)
	// Pause stops all hand-out, across restarts, until Resume. Both may be repeated.
	Pause(ctx context.Context, idem *Idempotency) error
	// Resume undoes Pause.
	Resume(ctx context.Context, idem *Idempotency) error
	// Clean removes orders in one state; see [CleanOptions]. It returns how many.
	Clean(ctx context.Context, opts CleanOptions, idem *Idempotency) (int64, error)
	// Redrive makes dead letters pending again with their attempts reset, oldest first.
	// Those of Void runs stay as they are. It returns how many.
	Redrive(ctx context.Context, opts RedriveOptions, idem *Idempotency) (int64, error)
	// Remove takes pending orders, one by one, out of whatever holds them: they end
	// Removed. A claim that holds any of them is revoked: what is left of it goes back to
	// its lane with no attempt consumed. Orders that are settled or unknown are passed
	// over. It returns how many.
	Remove(ctx context.Context, keys []order.Key, idem *Idempotency) (int64, error)
}

// CancelOptions says what becomes of a cancelled run's pending orders.
type CancelOptions struct {
	At time.Time
	// Epoch is that of the fence under which the caller works on the run; 0 for whoever may
	// end it without working on it. It is compared in the step that ends the run.
	Epoch uint64
	// KeepPending leaves them pending and inert: no lane holds them, the gate does not
	// count them. Otherwise they end Removed.
	KeepPending bool
	// ShowIdle lets the status report Idle although the run stays Failed.
	ShowIdle bool
	// Kind is the failure's kind; [order.FailureCancelled] if empty. Whatever it is, the
	// run is Void afterwards.
	Kind string
	// Reason is the failure's message.
	Reason string
}

// Cancelled says what Cancel did.
type Cancelled struct {
	Run     order.Run
	Was     bool  // it was active
	Removed int64 // orders that ended Removed
}

// Wiped says what Reset did.
type Wiped struct {
	Orders int64
	Runs   int64
	Queued int64 // of the orders, those that were pending
}

// JobState is where an order stands in the queue's view of it.
type JobState string

// The job states.
const (
	Waiting   JobState = "waiting"
	Active    JobState = "active"
	Completed JobState = "completed"
	FailedJob JobState = "failed"
	Delayed   JobState = "delayed"
)

// CleanOptions choose what Clean removes, oldest first, at most Limit orders (0: all).
//
//	Waiting    ready and not yet enqueued orders end Removed
//	Delayed    orders waiting for a retry end Removed
//	Active     claims are revoked and what they hold ends Removed; what a limit leaves
//	           of one goes back to its lane with no attempt consumed
//	FailedJob  dead letters are discarded, also those of Void runs: they end Removed
//	Completed  processed orders no longer appear as jobs; they stay as orders
type CleanOptions struct {
	State   JobState
	DeadSet // FailedJob: which dead letters; [order.ErrInvalid] with another state
	Limit   int64
	Grace   time.Duration // only orders that have been in that state for longer
	At      time.Time
	DryRun  bool // see [RedriveOptions]
}

// RedriveOptions choose dead letters, at most Limit (0: all).
type RedriveOptions struct {
	DeadSet
	Limit int64
	At    time.Time
	// DryRun returns how many the call would take, and changes nothing. An idempotency
	// record is neither looked up nor written.
	DryRun bool
}

// DeadSet names dead letters: those of Keys if there are any, else those of Group if it
// is not empty, else all.
type DeadSet struct {
	Keys  []order.Key
	Group string
}

// All says whether the set names every dead letter.
func (s *DeadSet) All() bool { return len(s.Keys) == 0 && s.Group == "" }
