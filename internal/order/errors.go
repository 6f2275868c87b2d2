package order

import "errors"

// The sentinels that callers of more than one package branch on. Whoever returns
// one wraps it with what it attempted; [errors.Is] finds it.
var (
	// ErrNotFound says that no such order, run or record exists (any more).
	ErrNotFound = errors.New("not found")
	// ErrInvalid says that an argument is out of its allowed range or form.
	ErrInvalid = errors.New("invalid")
	// ErrRunActive says that a batch run is under way, where only one may be.
	ErrRunActive = errors.New("a run is active")
	// ErrStale says that the caller works under an epoch or phase that has passed:
	// the run was cancelled, reset, or moved on. The call changed nothing.
	ErrStale = errors.New("stale epoch or phase")
	// ErrClaimLost says that a claim is no longer the caller's. The call changed
	// nothing for that claim.
	ErrClaimLost = errors.New("claim lost")
	// ErrPaused says that hand-out is paused.
	ErrPaused = errors.New("paused")
	// ErrGateShut says that a VIP order is unsettled, so no NORMAL order may start.
	ErrGateShut = errors.New("gate shut")
	// ErrRefConflict says that a ref is taken by an order with other content.
	ErrRefConflict = errors.New("ref already used by another order")
	// ErrKeyReused says that an idempotency key came again with other parameters.
	ErrKeyReused = errors.New("idempotency key reused with other parameters")
	// ErrDiskFull says that the store has too little space to take new work.
	ErrDiskFull = errors.New("disk full")
	// ErrUnavailable says that a server the store depends on does not answer, or is not
	// set up as it must be. The error names the server and says what to do.
	ErrUnavailable = errors.New("unavailable")
	// ErrClosed says that the store was closed, or is about to be: it takes no call any more.
	ErrClosed = errors.New("store is closed")
	// ErrLocked says that another process holds the store.
	ErrLocked = errors.New("locked by another process")
	// ErrCorrupt says that stored bytes are not what was written. Nothing was deleted.
	ErrCorrupt = errors.New("corrupt")
	// ErrSchema says that the store was written by a newer version of this program.
	ErrSchema = errors.New("newer schema")
)
