package mongoredis

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// nothing is the intent of a call that needs none.
type nothing struct{}

// Remove implements [store.Verbs]. It has no instant, so the orders' ProcessedAt stays
// zero.
func (s *DB) Remove(ctx context.Context, keys []order.Key, idem *store.Idempotency) (int64, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	defer leave()
	n, err := once(ctx, s, idem, func(ctx context.Context, _ *nothing) (int64, error) { return s.remove(ctx, keys) })
	if err != nil {
		return 0, fmt.Errorf("remove %d orders: %w", len(keys), err)
	}
	return n, nil
}

func (s *DB) remove(ctx context.Context, keys []order.Key) (int64, error) {
	byRun := map[order.RunID][]uint64{}
	for _, key := range keys {
		byRun[key.Run()] = append(byRun[key.Run()], key.Index())
	}
	var total int64
	for id, indexes := range byRun {
		r, err := s.readRun(ctx, id)
		if isNotFound(err) || err == nil && r.Void {
			continue
		}
		if err != nil {
			return 0, err
		}
		homes, err := s.homes(ctx, r, indexes)
		if err != nil {
			return 0, err
		}
		n, err := s.removeFrom(ctx, r, homes, everywhere, time.Time{})
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// home is a block with some of the orders that travel, or travelled, in it.
type home struct {
	block   blockID
	indexes []uint64 // ascending
}

// homes returns in which blocks of the run the orders of those indexes are that exist.
func (s *DB) homes(ctx context.Context, r *run, indexes []uint64) ([]home, error) {
	slices.Sort(indexes)
	indexes = slices.Compact(indexes)
	at := map[blockID]int{}
	var all []home
	for batch := range slices.Chunk(indexes, 1000) {
		err := s.eachOrder(ctx, r.ID, batch, func(d *orderDoc) {
			index := d.Key.Index()
			if index >= r.Cursor.Next {
				return
			}
			id := newBlockID(r.ID, d.Priority(), d.block)
			i, known := at[id]
			if !known {
				i = len(all)
				at[id] = i
				all = append(all, home{block: id})
			}
			all[i].indexes = append(all[i].indexes, index)
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func everywhere(*part) bool { return true }

// removeFrom ends the orders of homes that are in parts as wanted, and returns how many
// those were. Who holds any of them loses the claim.
func (s *DB) removeFrom(ctx context.Context, r *run, homes []home, wanted func(*part) bool, at time.Time) (int64, error) {
	var total int64
	var m moves
	vip := false
	for _, h := range homes {
		n, err := s.removeOne(ctx, r, h, wanted, at, &m)
		if err != nil {
			s.rebuild.Store(true)
			return 0, err
		}
		total += n
		vip = vip || n > 0
	}
	s.announce(ctx, &m)
	if vip {
		s.refreshGate(ctx)
	}
	return total, nil
}

func (s *DB) removeOne(ctx context.Context, r *run, h home, wanted func(*part) bool, at time.Time, m *moves) (n int64, err error) {
	var steps moves
	var moved []int
	var ended []string
	b, err := s.update(ctx, h.block, func(b *block) (bool, error) {
		n, steps, moved, ended = 0, moves{}, nil, nil
		if b.void {
			return false, nil
		}
		var removed []uint64
		for i := range b.parts {
			p := &b.parts[i]
			if !wanted(p) {
				continue
			}
			hit, left := split(p.indexes, h.indexes)
			if len(hit) == 0 {
				continue
			}
			if p.holder != nil {
				steps.ack(b.lane, p.holder.entry)
				ended = append(ended, p.holder.token)
				p.holder = nil
			} else {
				steps.drop(b.lane, b.place(p))
			}
			p.indexes = left
			moved = append(moved, p.number)
			removed = append(removed, hit...)
		}
		n = int64(len(removed))
		if n == 0 {
			return false, nil
		}
		b.counts.Removed += n
		b.note(change{kind: remove, nonce: newNonce(), at: at, indexes: removed})
		b.sweep()
		return true, nil
	})
	if err != nil || n == 0 {
		return 0, err
	}
	s.claims.end(ended...)
	m.args = append(m.args, steps.args...)
	return n, s.putBack(ctx, r, b, moved, m)
}

// putBack brings what is left of parts into their lane, if they are enqueued. They may have
// been so since the run was read; if it is gone, it was reset meanwhile.
func (s *DB) putBack(ctx context.Context, r *run, b *block, parts []int, m *moves) error {
	for _, number := range parts {
		p := b.part(number)
		if p == nil || p.holder != nil {
			continue
		}
		if !r.queued(b, p) {
			now, err := s.readRun(ctx, r.ID)
			if isNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			r = now
		}
		if r.queued(b, p) {
			m.put(b, p)
		}
	}
	return nil
}
