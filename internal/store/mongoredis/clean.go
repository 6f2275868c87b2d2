package mongoredis

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Clean implements [store.Verbs].
func (s *DB) Clean(ctx context.Context, opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	defer leave()
	if opts.DryRun {
		idem = nil
	}
	n, err := once(ctx, s, idem, func(ctx context.Context, _ *nothing) (int64, error) { return s.clean(ctx, opts) })
	if err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	return n, nil
}

func (s *DB) clean(ctx context.Context, opts store.CleanOptions) (int64, error) {
	if opts.Limit < 0 {
		return 0, fmt.Errorf("%w: limit %d", order.ErrInvalid, opts.Limit)
	}
	if opts.State != store.FailedJob && !opts.All() {
		return 0, fmt.Errorf("%w: dead letters named", order.ErrInvalid)
	}
	switch opts.State {
	case store.Waiting:
		return s.cleanParts(ctx, &opts, func(p *part) bool { return p.holder == nil && !p.late })
	case store.Delayed:
		return s.cleanParts(ctx, &opts, func(p *part) bool { return p.holder == nil && p.late })
	case store.Active:
		return s.cleanParts(ctx, &opts, func(p *part) bool { return p.holder != nil })
	case store.Completed:
		return s.hide(ctx, &opts)
	case store.FailedJob:
		return s.discard(ctx, &opts)
	}
	return 0, fmt.Errorf("%w: job state %q", order.ErrInvalid, opts.State)
}

// cleanParts removes pending orders in parts as wanted, oldest first.
func (s *DB) cleanParts(ctx context.Context, opts *store.CleanOptions, wanted func(*part) bool) (int64, error) {
	runs, err := s.live(ctx)
	if err != nil {
		return 0, err
	}
	var total int64
	for _, r := range runs {
		if opts.Limit > 0 && total >= opts.Limit {
			break
		}
		homes, n, err := s.oldest(ctx, r, opts, wanted, opts.Limit-total)
		if err == nil && !opts.DryRun {
			n, err = s.removeFrom(ctx, r, homes, wanted, opts.At)
		}
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// longEnough says whether a part has been in its place for longer than the grace.
func (p *part) longEnough(opts *store.CleanOptions) bool {
	since := p.since
	if p.holder != nil {
		since = p.holder.at
	}
	return opts.Grace <= 0 || opts.At.Sub(since) > opts.Grace
}

// oldest returns up to limit orders of a run that are in parts as wanted, 0 or less for
// all, by block, and how many they are.
func (s *DB) oldest(ctx context.Context, r *run, opts *store.CleanOptions, wanted func(*part) bool, limit int64) (homes []home, n int64, err error) {
	if r.Cursor.Next == 0 {
		return nil, 0, nil
	}
	filter := append(bson.D{{Key: "open", Value: true}}, committed(r)...)
	err = s.eachBlock(ctx, filter, options.Find().SetSort(bson.D{{Key: "first", Value: 1}}), func(b *block) error {
		h := home{block: b.id}
		for i := range b.parts {
			if p := &b.parts[i]; wanted(p) && p.longEnough(opts) {
				h.indexes = append(h.indexes, p.indexes...)
			}
		}
		slices.Sort(h.indexes)
		if len(h.indexes) > 0 {
			homes, n = append(homes, h), n+int64(len(h.indexes))
		}
		return nil
	})
	if opts.Limit > 0 && n > limit {
		homes, n = firstOf(homes, limit), limit
	}
	return homes, n, err
}

// firstOf leaves the n orders in homes whose indexes are lowest.
func firstOf(homes []home, n int64) []home {
	var all []uint64
	for _, h := range homes {
		all = append(all, h.indexes...)
	}
	slices.Sort(all)
	highest := all[n-1]
	var kept []home
	for _, h := range homes {
		end, found := slices.BinarySearch(h.indexes, highest)
		if found {
			end++
		}
		if end > 0 {
			kept = append(kept, home{h.block, h.indexes[:end]})
		}
	}
	return kept
}

// hide takes processed orders out of the job listings, oldest first.
func (s *DB) hide(ctx context.Context, opts *store.CleanOptions) (int64, error) {
	runs, err := s.readRuns(ctx, bson.D{})
	if err != nil {
		return 0, err
	}
	var total int64
	for _, r := range runs {
		if opts.Limit > 0 && total >= opts.Limit {
			break
		}
		n, err := s.hideOf(ctx, r, opts, opts.Limit-total)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func (s *DB) hideOf(ctx context.Context, r *run, opts *store.CleanOptions, limit int64) (int64, error) {
	if r.Cursor.Next == 0 {
		return 0, nil
	}
	filter := bson.D{
		{Key: fieldKey, Value: bson.D{{Key: "$gte", Value: uuid(r.ID.Key(0))}, {Key: "$lt", Value: uuid(r.ID.Key(r.Cursor.Next))}}},
		{Key: fieldStatus, Value: statusName(order.Processed)}, {Key: fieldHidden, Value: bson.D{{Key: "$ne", Value: true}}},
	}
	if opts.Grace > 0 {
		filter = append(filter, bson.E{Key: fieldProcessedAt, Value: bson.D{{Key: "$lt", Value: opts.At.Add(-opts.Grace)}}})
	}
	find := options.Find().SetSort(byID(1)).SetProjection(bson.D{{Key: fieldKey, Value: 1}})
	if opts.Limit > 0 {
		find.SetLimit(limit)
	}
	var n int64
	keys := bson.A{}
	hide := func() error {
		n += int64(len(keys))
		if opts.DryRun || len(keys) == 0 {
			keys = keys[:0]
			return nil
		}
		_, err := s.orders.UpdateMany(ctx, byID(bson.D{{Key: "$in", Value: keys}}),
			bson.D{{Key: "$set", Value: bson.D{{Key: fieldHidden, Value: true}}}})
		keys = keys[:0]
		return unreachable("MongoDB", err)
	}
	err := s.findOrders(ctx, filter, find, func(d *orderDoc) error {
		if keys = append(keys, uuid(d.Key)); len(keys) == 1000 {
			return hide()
		}
		return nil
	})
	if err == nil {
		err = hide()
	}
	if err != nil || opts.DryRun || n == 0 {
		return n, err
	}
	return n, s.countHidden(ctx, r.ID)
}

// countHidden sets how many orders of a run the job listings do not show.
func (s *DB) countHidden(ctx context.Context, id order.RunID) error {
	hidden, err := s.orders.CountDocuments(ctx, bson.D{{Key: fieldRun, Value: uuid(id)}, {Key: fieldHidden, Value: true}})
	if err != nil {
		return unreachable("MongoDB", err)
	}
	_, err = s.changeRun(ctx, id, func(r *run) (bool, error) {
		r.hidden = hidden
		return true, nil
	})
	s.changed.fire()
	return err
}
