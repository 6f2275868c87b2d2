package store

import (
	"fmt"
	"slices"

	"github.com/filavip/filavip/internal/order"
)

// ConflictError says which orders keep an all-or-nothing chunk out: all of its orders
// whose refs other orders have. It wraps [order.ErrRefConflict].
type ConflictError struct {
	Ref     string // of the first
	Refused []Refusal
}

// Error names the first of the orders.
func (e *ConflictError) Error() string {
	s := fmt.Sprintf("order %d of the chunk: %v: %q", e.Refused[0].At, order.ErrRefConflict, e.Ref)
	if more := len(e.Refused) - 1; more > 0 {
		s += fmt.Sprintf(", and %d more orders", more)
	}
	return s
}

// Unwrap returns [order.ErrRefConflict].
func (e *ConflictError) Unwrap() error { return order.ErrRefConflict }

// Conflict returns the [ConflictError] that keeps the chunk out, if these orders of it
// cannot be added; nil if it may go in without them. What is stored already is no
// conflict.
func (c *Chunk) Conflict(refused []Refusal) error {
	if !c.AllOrNothing {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(refused), func(r Refusal) bool { return r.Err == nil })
	if len(others) == 0 {
		return nil
	}
	return &ConflictError{Ref: c.Orders[others[0].At].Ref, Refused: others}
}
