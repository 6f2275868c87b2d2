package memstore

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxProblems is how many problems a report spells out.
const maxProblems = 100

// Verify implements [store.Checker].
func (s *Store) Verify(ctx context.Context) (store.Report, error) {
	if err := s.enter(ctx); err != nil {
		return store.Report{}, fmt.Errorf("verify: %w", err)
	}
	defer s.mu.Unlock()
	var v verification
	seen := s.blocks(&v)
	for _, r := range s.durable.runs {
		v.run(r, seen)
	}
	return v.report, nil
}

type verification struct{ report store.Report }

func (v *verification) problem(format string, args ...any) {
	v.report.Found++
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, fmt.Sprintf(format, args...))
	}
}

// blocks walks every list and returns in which block each order was found.
func (s *Store) blocks(v *verification) map[order.Key]*block {
	seen := map[order.Key]*block{}
	visit := func(b *block) {
		for _, index := range b.indexes {
			key := b.run.doc.ID.Key(index)
			if seen[key] != nil {
				v.problem("order %v is in two blocks", key)
			}
			seen[key] = b
		}
	}
	for lane := range order.PriorityCount {
		for _, r := range s.durable.runs {
			for _, b := range r.waiting[lane] {
				visit(b)
			}
		}
		for _, b := range s.durable.delayed[lane] {
			visit(b)
		}
	}
	for c := range s.claims {
		visit(c.block)
	}
	return seen
}

// run recounts one run from its entries.
func (v *verification) run(r *run, seen map[order.Key]*block) {
	var recount order.Counts
	for e := range r.present {
		v.report.Orders++
		v.entry(r, e, seen[e.accepted.Key])
		c := &recount[e.lane()]
		c.Generated++
		*e.place.counter(c)++
		if e.place == processed || e.place == dead {
			o := e.order()
			c.Settled = c.Settled.Add(o.Sum())
		}
	}
	for lane := range recount {
		c, kept := &recount[lane], &r.counts[lane]
		c.First, c.Last, c.Accepted = kept.First, kept.Last, kept.Accepted
		if *c != *kept {
			v.problem("run %v, %v: counters are %+v, recount gives %+v", r.doc.ID, order.Priority(lane), *kept, *c)
		}
	}
	if !r.counts.Conserved() {
		v.problem("run %v: orders are not conserved: %+v", r.doc.ID, r.counts)
	}
	v.report.Runs = append(v.report.Runs, store.RunReport{Run: r.document(), Counts: recount, Digest: recount.Digest()})
}

// entry checks that an order is in the block it says it is in, and in none if it is
// settled or inert.
func (v *verification) entry(r *run, e *entry, found *block) {
	key := e.accepted.Key
	pending := e.place <= claimed
	switch {
	case found != e.block:
		v.problem("order %v is not in the block that holds it", key)
	case pending && found == nil && !r.doc.Inert:
		v.problem("order %v is pending and in no block", key)
	case pending && found != nil && found.place() != e.place:
		v.problem("order %v is in the wrong list", key)
	case !pending && found != nil:
		v.problem("order %v is settled and in a block", key)
	}
}
