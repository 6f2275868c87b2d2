package app

import (
	"context"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
)

// Checked is what Verify found.
type Checked struct {
	store.Report
	// Known holds the digest that each run must have which generated all its orders and
	// settled them, computed from its seed alone.
	Known map[order.RunID]order.Digest `json:"known"`
}

// Verify reads the whole store and holds it against its counters, and finished runs
// against the digest that their seed foretells.
func (a *App) Verify(ctx context.Context) (Checked, error) {
	report, err := a.store.Verify(ctx)
	if err != nil {
		return Checked{}, err
	}
	c := Checked{Report: report, Known: make(map[order.RunID]order.Digest)}
	for i := range report.Runs {
		r := &report.Runs[i]
		if !foretold(r) {
			continue
		}
		known, err := knownDigest(&r.Run)
		if err != nil {
			return c, err
		}
		c.Known[r.Run.ID] = known
		if known != r.Digest {
			c.Found++
			c.Problems = append(c.Problems, "run "+r.Run.ID.String()+": digest is "+r.Digest.String()+", its seed foretells "+known.String())
		}
	}
	return c, nil
}

// foretold says whether the run's digest follows from its seed.
func foretold(r *store.RunReport) bool {
	return r.Run.Spec.Kind == order.Generated && r.Run.Phase == order.Done &&
		r.Counts.Removed() == 0 && r.Counts.Unsettled() == 0
}

func knownDigest(run *order.Run) (order.Digest, error) {
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		return order.Digest{}, err
	}
	return ordergen.New(run.Spec.Seed, run.Spec.Weights).Digest(uint64(run.Spec.Target), h.Foretell), nil
}
