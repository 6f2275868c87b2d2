package store

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/order"
)

// MaxSamples bounds what one call of SaveSamples stores, in bytes.
const MaxSamples = 256 << 10

// Samples keeps what a recorder of a run's speed has to say, in blocks that the store
// does not read. They are no orders: no fence holds for them, no counter counts them,
// and whoever saves one wakes nobody.
type Samples interface {
	// SaveSamples makes a block durable that belongs to the run under the number seq. A
	// block of that number which is there already is replaced. It returns
	// [order.ErrNotFound] if there is no such run, whether that has ended or not being no
	// matter, and [order.ErrInvalid] for a block that [CheckSamples] refuses.
	SaveSamples(ctx context.Context, run order.RunID, seq uint32, block []byte) error
	// Samples returns the run's blocks in the order of their numbers; none for a run that
	// is unknown.
	Samples(ctx context.Context, run order.RunID) ([][]byte, error)
}

// CheckSamples refuses a block that is empty or larger than [MaxSamples].
func CheckSamples(block []byte) error {
	if len(block) == 0 || len(block) > MaxSamples {
		return fmt.Errorf("%w: samples of %d bytes; allowed: 1 to %d", order.ErrInvalid, len(block), MaxSamples)
	}
	return nil
}
