package memstore

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// place is where an entry is. The first three are pending.
type place uint8

const (
	waiting place = iota
	delayed
	claimed
	processed
	dead
	removed
)

// entry is one accepted order with all that became of it.
type entry struct {
	accepted order.Order // as it came in; never changed
	place    place
	block    *block    // that holds it; nil unless pending in a run that is not void
	since    time.Time // when it came to this place, as far as the calls tell

	attempts    int // of its outcome
	at          time.Time
	reason      string
	sum         order.Digest
	hidden      bool // processed, and no longer listed as a job
	firstFailed time.Time
	lastFailed  time.Time
	redriven    int
	died        *store.DeadLetter // as it was when the entry last became dead; nil if it never did
}

// order returns the entry as readers see it.
func (e *entry) order() order.Order {
	o := e.accepted
	switch e.place {
	case processed:
		o.Process(e.at)
		o.Attempts = e.attempts
	case dead:
		o.Kill(e.at, e.reason)
		o.Attempts = e.attempts
	case removed:
		o.Status = order.Removed
		o.ProcessedAt = e.at
	}
	return o
}

func (e *entry) lane() order.Priority { return e.accepted.Priority() }

// remove ends the entry as Removed and takes it from its block, which the caller has
// to sweep.
func (e *entry) remove(r *run, at time.Time) {
	if e.place == dead {
		r.forget(e)
	}
	r.put(e, removed, at)
	e.block = nil
	e.at, e.attempts, e.reason, e.sum = at, 0, "", order.Digest{}
}

// counter returns the counter of lane counts that counts entries in that place.
func (p place) counter(c *order.LaneCounts) *int64 {
	switch p {
	case waiting:
		return &c.Waiting
	case delayed:
		return &c.Delayed
	case claimed:
		return &c.Claimed
	case processed:
		return &c.Processed
	case dead:
		return &c.Dead
	default:
		return &c.Removed
	}
}
