package store

import "github.com/filavip/filavip/internal/order"

// Slab is memory for the orders of one claim, used again and again by one worker.
// The zero Slab is ready. Not safe for concurrent use.
type Slab struct {
	Orders []order.Order
	Text   []byte
	Ends   []int
}

// Reset empties the slab and keeps its memory.
func (s *Slab) Reset() {
	s.Orders, s.Text, s.Ends = s.Orders[:0], s.Text[:0], s.Ends[:0]
}
