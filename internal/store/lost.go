package store

import (
	"fmt"

	"github.com/filavip/filavip/internal/order"
)

// LostError is in what Settle returns if claims are lost. It wraps [order.ErrClaimLost].
type LostError struct {
	At []int // places in the call of the settlements that changed nothing, ascending
	Of int   // settlements in the call
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%d of %d settlements: %v", len(e.At), e.Of, order.ErrClaimLost)
}

// Unwrap makes [errors.Is] find [order.ErrClaimLost].
func (e *LostError) Unwrap() error { return order.ErrClaimLost }
