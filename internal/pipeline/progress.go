package pipeline

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// logProgress writes a line about a run every so often until ctx is done.
func (p *Pipeline) logProgress(ctx context.Context, id order.RunID) {
	if p.opts.ProgressEvery <= 0 {
		return
	}
	ticker := time.NewTicker(p.opts.ProgressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		run, runErr := p.store.Run(ctx, id)
		counts, err := p.store.Counts(ctx, id)
		if runErr != nil || err != nil {
			continue // whoever works on the run has more to say about it
		}
		p.opts.Logger.Info("progress", "run", id, "phase", run.Phase, "generated", counts.Generated(),
			"vip", counts[order.VIP].Processed, "normal", counts[order.Normal].Processed, "dead", counts.Dead(), "pending", counts.Unsettled())
	}
}
