package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// grave is a block with some of its dead letters.
type grave struct {
	run   *run
	block blockID
	dead  map[uint64]order.Digest // index to the term of the digest
}

// graves returns up to limit dead letters of a set, oldest first, 0 for all, by block,
// and how many they are. wanted says of each whether it counts.
func (s *DB) graves(ctx context.Context, set *store.DeadSet, limit int64, wanted func(*run, *orderDoc) bool) (all []grave, n int64, err error) {
	filter := bson.D{{Key: fieldDead, Value: bson.D{{Key: "$exists", Value: true}}}}
	switch {
	case len(set.Keys) > 0:
		keys := make(bson.A, len(set.Keys))
		for i, key := range set.Keys {
			keys[i] = uuid(key)
		}
		filter = append(filter, bson.E{Key: fieldKey, Value: bson.D{{Key: "$in", Value: keys}}})
	case set.Group != "":
		filter = bson.D{{Key: fieldDead, Value: set.Group}}
	}
	runs := runCache{db: s}
	at := map[blockID]int{}
	// A server before 6.0 refuses to sort much if it is not told that it may use its disk.
	opts := options.Find().SetSort(byID(1)).SetAllowDiskUse(true)
	err = s.findOrders(ctx, filter, opts, func(d *orderDoc) error {
		if limit > 0 && n == limit {
			return errEnough
		}
		r, err := runs.of(ctx, d)
		if err != nil || r == nil || !wanted(r, d) {
			return err
		}
		id := newBlockID(r.ID, d.Priority(), d.block)
		i, known := at[id]
		if !known {
			i = len(all)
			at[id] = i
			all = append(all, grave{r, id, map[uint64]order.Digest{}})
		}
		all[i].dead[d.Key.Index()] = d.Sum()
		n++
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, n, err
}

// stir touches the runs of graves before their blocks are changed. calm undoes it once all
// changes are known to have been made, which err says, and returns err.
func (s *DB) stir(ctx context.Context, all []grave) (calm func(err error) error, _ error) {
	calm = func(err error) error {
		if err != nil {
			return err
		}
		return s.touchAll(ctx, all, -1)
	}
	return calm, s.touchAll(ctx, all, 1)
}

func (s *DB) touchAll(ctx context.Context, all []grave, stirred int) error {
	touched := map[order.RunID]bool{}
	for _, g := range all {
		if touched[g.run.ID] {
			continue
		}
		touched[g.run.ID] = true
		if err := s.touch(ctx, g.run.ID, stirred); err != nil {
			return err
		}
	}
	return nil
}

// exhume takes those of the grave's dead letters out of its block that are there still.
func (g *grave) exhume(b *block) []uint64 {
	var taken []uint64
	b.buried = slices.DeleteFunc(slices.Clone(b.buried), func(index uint64) bool {
		sum, hit := g.dead[index]
		if hit {
			taken = append(taken, index)
			b.counts.Settled = b.counts.Settled.Sub(sum)
		}
		return hit
	})
	b.counts.Dead -= int64(len(taken))
	return taken
}

// discard removes dead letters.
func (s *DB) discard(ctx context.Context, opts *store.CleanOptions) (n int64, err error) {
	all, n, err := s.graves(ctx, &opts.DeadSet, opts.Limit, func(_ *run, d *orderDoc) bool {
		return opts.Grace <= 0 || opts.At.Sub(d.ProcessedAt) > opts.Grace
	})
	if err != nil || opts.DryRun {
		return n, err
	}
	n = 0
	calm, err := s.stir(ctx, all)
	if err != nil {
		return 0, err
	}
	defer func() { err = calm(err) }()
	for i := range all {
		var taken int
		_, err := s.update(ctx, all[i].block, func(b *block) (bool, error) {
			indexes := all[i].exhume(b)
			if taken = len(indexes); taken == 0 {
				return false, nil
			}
			b.counts.Removed += int64(taken)
			b.note(change{kind: discard, nonce: newNonce(), at: opts.At, indexes: indexes})
			return true, nil
		})
		if err != nil {
			return 0, err
		}
		n += int64(taken)
	}
	s.announce(ctx, &moves{})
	return n, nil
}

// Redrive implements [store.Verbs]. Dead letters of void runs stay: no order of such a
// run is handed out any more.
func (s *DB) Redrive(ctx context.Context, opts store.RedriveOptions, idem *store.Idempotency) (int64, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	defer leave()
	if opts.DryRun {
		idem = nil
	}
	n, err := once(ctx, s, idem, func(ctx context.Context, _ *nothing) (int64, error) { return s.redrive(ctx, &opts) })
	if err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	return n, nil
}

func (s *DB) redrive(ctx context.Context, opts *store.RedriveOptions) (n int64, err error) {
	if opts.Limit < 0 {
		return 0, fmt.Errorf("%w: limit %d", order.ErrInvalid, opts.Limit)
	}
	all, n, err := s.graves(ctx, &opts.DeadSet, opts.Limit, func(r *run, _ *orderDoc) bool { return !r.Void })
	if err != nil || opts.DryRun {
		return n, err
	}
	n = 0
	calm, err := s.stir(ctx, all)
	if err != nil {
		return 0, err
	}
	defer func() { err = calm(err) }()
	var m moves
	vip := false
	for i := range all {
		taken, err := s.redriveOne(ctx, &all[i], opts.At, &m)
		if err != nil {
			s.rebuild.Store(true)
			return 0, errors.Join(err, s.shutGate(ctx)) // some are put back, or may be
		}
		n += int64(taken)
		vip = true
	}
	if vip {
		if err := s.shutGate(ctx); err != nil {
			s.rebuild.Store(true)
			return 0, err
		}
	}
	s.announce(ctx, &m)
	if vip {
		s.refreshGate(ctx)
	}
	return n, nil
}

func (s *DB) redriveOne(ctx context.Context, g *grave, at time.Time, m *moves) (taken int, err error) {
	var number int
	b, err := s.update(ctx, g.block, func(b *block) (bool, error) {
		taken = 0
		if b.void {
			return false, nil
		}
		indexes := g.exhume(b)
		if taken = len(indexes); taken == 0 {
			return false, nil
		}
		number = b.next
		b.note(change{kind: redrive, nonce: newNonce(), at: at, indexes: slices.Clone(indexes)})
		b.delay(part{due: at, since: at, after: !g.run.Active(), indexes: indexes})
		return true, nil
	})
	if err != nil || taken == 0 {
		return 0, err
	}
	if p := b.part(number); p != nil && p.holder == nil {
		m.put(b, p)
	}
	return taken, nil
}
