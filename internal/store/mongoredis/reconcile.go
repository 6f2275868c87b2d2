package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
)

// reconcile makes the lanes hold what the store says they must: what is pending and held
// by nobody is brought in, what dead processes hold is given back, what was cut off
// half-way is done, and the gate is derived anew. It may run at any time, in any process,
// beside everything else.
func (s *DB) reconcile(ctx context.Context) error {
	s.rebuild.Store(false)
	err := s.reconcileAll(ctx)
	if err != nil {
		s.rebuild.Store(true)
		return fmt.Errorf("compare lanes with the store: %w", err)
	}
	return nil
}

func (s *DB) reconcileAll(ctx context.Context) error {
	c, err := s.readControl(ctx)
	if err != nil {
		return err
	}
	if c.Wiping {
		return s.wipe(ctx, c)
	}
	if err := s.lanes.Load().build(ctx); err != nil {
		return err
	}
	if err := s.fenceLeft(ctx); err != nil {
		return err
	}
	if err := s.reclaim(ctx); err != nil {
		return err
	}
	for _, lane := range order.Priorities() {
		if err := s.fill(ctx, lane); err != nil {
			return err
		}
	}
	// What may shut the gate does so after its write to the store. If it was cut off in
	// between, the gate lets through what it must not, or nothing for ever.
	if err := s.narrow(ctx); err != nil {
		return err
	}
	_, err = s.derive(ctx)
	return err
}

// fenceLeft ends the blocks of runs whose cancel was cut off.
func (s *DB) fenceLeft(ctx context.Context) error {
	left, err := s.readRuns(ctx, bson.D{{Key: "void", Value: true}, {Key: "fenced", Value: false}})
	for _, r := range left {
		err = errors.Join(err, s.fence(ctx, r.ID))
	}
	return err
}

// reclaim gives back what processes hold that are no more, finishes what they left, and
// brings delayed orders into the lanes, however far back they lie.
func (s *DB) reclaim(ctx context.Context) error {
	alive, err := s.aliveNodes(ctx)
	if err != nil {
		return err
	}
	if err := s.finishAll(ctx); err != nil {
		return err
	}
	runs, err := s.live(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Cursor.Next == 0 {
			continue
		}
		if err := s.reclaimRun(ctx, r, alive); err != nil {
			return err
		}
	}
	return nil
}

// finishAll writes what orders still have to see, also those of runs that have ended and
// of which nothing is pending any more.
func (s *DB) finishAll(ctx context.Context) error {
	noted := bson.D{{Key: "todo.nonce", Value: bson.D{{Key: "$exists", Value: true}}}}
	return s.eachBlock(ctx, noted, nil, func(b *block) error { return s.finish(ctx, b) })
}

func (s *DB) reclaimRun(ctx context.Context, r *run, alive map[string]bool) error {
	var m moves
	filter := append(bson.D{{Key: "open", Value: true}, {Key: "$or", Value: bson.A{
		bson.D{{Key: "parts_claimed", Value: bson.D{{Key: "$gt", Value: 0}}}},
		bson.D{{Key: "parts_delayed", Value: bson.D{{Key: "$gt", Value: 0}}}},
	}}}, committed(r)...)
	var held []blockID
	gone := map[string]bool{}
	err := s.eachBlock(ctx, filter, nil, func(b *block) error {
		for i := range b.parts {
			switch p := &b.parts[i]; {
			case p.holder == nil && p.late:
				m.put(b, p)
			case p.holder != nil && !alive[p.holder.node]:
				held = append(held, b.id)
				gone[p.holder.node] = true
			}
		}
		return nil
	})
	if err == nil && len(held) > 0 {
		err = s.exceptAlive(ctx, gone)
	}
	if err != nil {
		return err
	}
	var dead map[string]bool
	if len(held) > 0 && r.Spec.Work.Foreign {
		if dead, err = s.deadNodes(ctx); err != nil {
			return err
		}
	}
	for _, id := range slices.Compact(held) {
		if err := s.revoke(ctx, id, &m, func(h *holder) bool { return gone[h.node] }, dead); err != nil {
			return err
		}
	}
	return s.apply(ctx, &m)
}

// exceptAlive takes those that are alive out of nodes that hold something. They may have
// come to life since their likes were last read: before they claimed anything.
func (s *DB) exceptAlive(ctx context.Context, nodes map[string]bool) error {
	alive, err := s.aliveNodes(ctx)
	maps.DeleteFunc(nodes, func(node string, _ bool) bool { return alive[node] })
	return err
}

// revoke takes parts of a block from whoever holds them, with no attempt consumed. What was
// in the hands of nodes whose deaths count gets its strikes.
func (s *DB) revoke(ctx context.Context, id blockID, m *moves, from func(*holder) bool, dead map[string]bool) error {
	var ended []string
	var steps moves
	b, err := s.update(ctx, id, func(b *block) (bool, error) {
		ended, steps = nil, moves{}
		for _, number := range b.numbers() {
			p := b.part(number)
			if p.holder == nil || !from(p.holder) {
				continue
			}
			steps.ack(b.lane, p.holder.entry)
			ended = append(ended, p.holder.token)
			if dead[p.holder.node] {
				if err := s.strike(ctx, b, p, s.opts.Clock()); err != nil {
					return false, err
				}
			}
			b.part(number).holder = nil
		}
		b.sweep()
		return len(ended) > 0, nil
	})
	if err != nil {
		return err
	}
	s.claims.end(ended...)
	m.args = append(m.args, steps.args...)
	if b != nil && !b.void && len(ended) > 0 {
		m.putFree(b)
	}
	return nil
}
