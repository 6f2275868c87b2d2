package app

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
)

// workers shows a pool to the API, which does not know the queue.
type workers struct {
	*queue.Pool
	a *App
}

// Activity implements [api.Queue].
func (w workers) Activity() []api.Activity {
	activity := w.Pool.Activity()
	all := make([]api.Activity, len(activity))
	for i, a := range activity {
		all[i] = api.Activity(a)
	}
	return all
}

// Workers implements [api.Queue]: those of all processes.
func (w workers) Workers() int {
	all, _ := w.a.workers(context.Background())
	return all
}

// Close implements [api.Queue]: it also waits for the workers of other processes.
func (w workers) Close(ctx context.Context) error {
	if err := w.Pool.Close(ctx); err != nil || w.a.store.fleet == nil {
		return err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		totals, err := w.a.store.Totals(ctx)
		if err != nil {
			return fmt.Errorf("close: %w", err)
		}
		inHand := totals.Counts[order.VIP].Claimed + totals.Counts[order.Normal].Claimed
		if inHand == 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("close: %d orders are still in hand: %w", inHand, ctx.Err())
		}
	}
}
