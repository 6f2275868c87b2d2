package app

import (
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
)

// NewSpec returns what a run of generated orders is to be, from the configuration.
func NewSpec(cfg *config.Config, quantity int64, seed uint64) order.Spec {
	spec := newSpec(cfg, quantity)
	spec.Kind = order.Generated
	spec.Target = quantity
	spec.Seed = seed
	spec.Weights = cfg.Tiers
	return spec
}

// newSpec fills in what runs of all kinds share; quantity is 0 if it is not known.
func newSpec(cfg *config.Config, quantity int64) order.Spec {
	work := handler.WorkFor(cfg.SimulateWork, cfg.SimulateFailures, cfg.Attempts)
	return order.Spec{Work: work, ChunkSize: cfg.ChunkSize, BlockSize: blockSize(work, quantity, cfg.Workers)}
}

// slowBlock is how many orders a block has that come from a file, if a handler takes its
// time over them: a file may be short, and every worker should get some.
const slowBlock = 5

// blockSize spreads few orders over all workers, four blocks for each, and gives many
// orders the handler's own batch.
func blockSize(work order.Work, quantity int64, workers int) int {
	h, err := handler.New(work, 0)
	if err != nil {
		return 1 // the pipeline refuses such work, and says why
	}
	switch {
	case quantity == 0 && h.Fast():
		return h.Batch()
	case quantity == 0:
		return slowBlock
	}
	blocks := 4 * int64(max(1, workers))
	share := (quantity + blocks - 1) / blocks
	return int(max(1, min(int64(h.Batch()), share)))
}

// NewImport returns what a run of orders read from a file is to be.
func NewImport(cfg *config.Config, source string, strict bool) order.Spec {
	spec := newSpec(cfg, 0)
	spec.Kind = order.Imported
	spec.Source = source
	spec.Strict = strict
	return spec
}
