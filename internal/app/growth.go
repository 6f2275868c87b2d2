package app

import (
	"context"
	"sync"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// growth makes counters of the store's totals. These also shrink: when dead letters are
// put back, and when a run ends with its orders left pending. A counter must not, so
// what is shown is the sum of all that the totals grew by; only a reset of the store
// begins it anew.
//
// The totals are read at every change of phase and, while anything changes, every
// [sampleEvery]. What shrinks and grows again between two looks counts as less than it
// was, never as more.
type growth struct {
	read func(context.Context) (store.Totals, error)

	mu         sync.Mutex // guards what follows; held from reading the totals until they are added
	generation uint64
	last, sum  [order.PriorityCount]flow
}

// flow counts orders of a lane by what became of them.
type flow [flowCount]int64

// The parts of a flow.
const (
	flowGenerated = iota
	flowProcessed
	flowDead
	flowCount
)

// totals returns the store's totals, and what they have grown by since the last reset.
// What they were when first read counts as growth. With an error comes the growth as it
// was last known.
func (g *growth) totals(ctx context.Context) (store.Totals, [order.PriorityCount]flow, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.read(ctx)
	if err != nil {
		return t, g.sum, err
	}
	if t.Generation != g.generation {
		g.generation = t.Generation
		g.last, g.sum = [order.PriorityCount]flow{}, [order.PriorityCount]flow{}
	}
	for lane := range t.Counts {
		c := &t.Counts[lane]
		for i, n := range [...]int64{flowGenerated: c.Generated, flowProcessed: c.Processed, flowDead: c.Dead} {
			g.sum[lane][i] += max(0, n-g.last[lane][i])
			g.last[lane][i] = n
		}
	}
	return t, g.sum, nil
}
