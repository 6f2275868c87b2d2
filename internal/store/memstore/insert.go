package memstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Insert implements [store.Source].
func (s *Store) Insert(ctx context.Context, fence store.Fence, chunk store.Chunk) (store.Inserted, error) {
	if err := s.enter(ctx); err != nil {
		return store.Inserted{}, fmt.Errorf("insert at %d: %w", chunk.First, err)
	}
	defer s.leave()
	r, err := s.durable.fenced(fence)
	if err == nil {
		err = r.active()
	}
	if err == nil {
		err = r.checkChunk(&chunk)
	}
	if err != nil {
		return store.Inserted{}, fmt.Errorf("insert %d orders at %d: %w", len(chunk.Orders), chunk.First, err)
	}
	if r.inserted(&chunk) {
		return store.Inserted{}, nil
	}
	if err := chunk.Conflict(s.conflicts(r, &chunk)); err != nil {
		return store.Inserted{}, fmt.Errorf("insert %d orders at %d: %w", len(chunk.Orders), chunk.First, err)
	}
	return s.insert(r, &chunk), nil
}

// conflicts returns which orders would be refused for having another one's ref, if it
// matters for the chunk.
func (s *Store) conflicts(r *run, chunk *store.Chunk) []store.Refusal {
	if !chunk.AllOrNothing {
		return nil
	}
	var refused []store.Refusal
	fresh := make(map[string]*order.Order)
	for at := int(r.doc.Cursor.Next - chunk.First); at < len(chunk.Orders); at++ {
		o := &chunk.Orders[at]
		first, repeated := fresh[o.Ref]
		if repeated && !order.SameContent(o, first) {
			refused = append(refused, store.Refusal{At: at, Err: order.ErrRefConflict})
		}
		if repeated {
			continue
		}
		taken, err := s.refused(o)
		if err != nil {
			refused = append(refused, store.Refusal{At: at, Err: err})
		}
		if !taken && o.Ref != "" {
			fresh[o.Ref] = o
		}
	}
	return refused
}

// active returns [order.ErrStale] if the run has ended.
func (r *run) active() error {
	if !r.doc.Active() {
		return fmt.Errorf("%w: run is in %v", order.ErrStale, r.doc.Phase)
	}
	return nil
}

// inserted says whether the chunk was inserted before.
func (r *run) inserted(chunk *store.Chunk) bool {
	if len(chunk.Orders) == 0 {
		return chunk.Next.Next < r.doc.Cursor.Next || chunk.Next == r.doc.Cursor
	}
	return chunk.Next.Next <= r.doc.Cursor.Next
}

func (r *run) checkChunk(chunk *store.Chunk) error {
	if chunk.First > r.doc.Cursor.Next {
		return fmt.Errorf("%w: the run's cursor is at %d", order.ErrInvalid, r.doc.Cursor.Next)
	}
	if end := chunk.First + uint64(len(chunk.Orders)); chunk.Next.Next != end || end > order.MaxIndex {
		return fmt.Errorf("%w: next cursor %d; want %d, at most %d", order.ErrInvalid, chunk.Next.Next, end, uint64(order.MaxIndex))
	}
	for i := range chunk.Orders {
		if chunk.Orders[i].Key != r.doc.ID.Key(chunk.First+uint64(i)) {
			return fmt.Errorf("%w: order %d has the key %v", order.ErrInvalid, i, chunk.Orders[i].Key)
		}
	}
	return nil
}

func (s *Store) insert(r *run, chunk *store.Chunk) store.Inserted {
	var result store.Inserted
	var added [order.PriorityCount][]uint64
	skip := int(r.doc.Cursor.Next - chunk.First)
	for at := skip; at < len(chunk.Orders); at++ {
		o := &chunk.Orders[at]
		if refused, err := s.refused(o); refused {
			result.Refused = append(result.Refused, store.Refusal{At: at, Err: err})
			r.entries = append(r.entries, nil)
			continue
		}
		s.add(r, o, chunk.Foretell)
		added[o.Priority()] = append(added[o.Priority()], o.Key.Index())
		result.Added++
	}
	for lane, indexes := range added {
		r.waiting[lane] = append(r.waiting[lane], cut(block{run: r, lane: order.Priority(lane)}, indexes)...)
	}
	for _, lane := range chunk.Ready {
		r.doc.Enqueued[lane] = chunk.Next.Next
	}
	r.doc.Cursor = chunk.Next
	r.doc.Generate += chunk.Spent
	return result
}

// refused says whether another order has o's ref, and with an error if that order is
// not the same.
func (s *Store) refused(o *order.Order) (bool, error) {
	if o.Ref == "" {
		return false, nil
	}
	key, taken := s.durable.refs[o.Ref]
	if !taken {
		return false, nil
	}
	r, other := s.durable.entry(key)
	if r.doc.Void && other.place != processed && other.place != dead {
		return false, nil // given up
	}
	if order.SameContent(o, &other.accepted) {
		return true, nil
	}
	return true, fmt.Errorf("%w: %q", order.ErrRefConflict, o.Ref)
}

// add appends one order to the run. Its texts are copied: the caller may keep them in
// memory that it uses again.
func (s *Store) add(r *run, o *order.Order, foretell func(*order.Order) order.Digest) {
	c := &r.counts[o.Priority()]
	c.Generated++
	c.Waiting++
	e := &entry{accepted: order.Order{
		Key:       o.Key,
		Ref:       strings.Clone(o.Ref),
		Customer:  strings.Clone(o.Customer),
		Amount:    o.Amount,
		Tier:      o.Tier,
		Note:      strings.Clone(o.Note),
		CreatedAt: o.CreatedAt,
	}, since: o.CreatedAt}
	r.entries = append(r.entries, e)
	if e.accepted.Ref != "" {
		s.durable.refs[e.accepted.Ref] = e.accepted.Key
	}
	if foretell != nil {
		c.Accepted = c.Accepted.Add(foretell(o))
	}
}

// Enqueue implements [store.Source].
func (s *Store) Enqueue(ctx context.Context, fence store.Fence, lane order.Priority) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, fmt.Errorf("enqueue %v: %w", lane, err)
	}
	defer s.leave()
	r, err := s.durable.fenced(fence)
	if err == nil {
		err = r.active()
	}
	if err != nil {
		return 0, fmt.Errorf("enqueue %v: %w", lane, err)
	}
	var n int64
	for _, b := range r.waiting[lane] {
		if !b.ready() {
			n += int64(len(b.indexes))
		}
	}
	r.doc.Enqueued[lane] = r.doc.Cursor.Next
	return n, nil
}
