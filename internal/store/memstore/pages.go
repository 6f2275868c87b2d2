package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxPage is the longest page of a listing with a cursor.
const maxPage = 1000

// Orders implements [store.Lister].
func (s *Store) Orders(ctx context.Context, q store.OrderQuery) (store.OrderPage, error) {
	if err := s.enter(ctx); err != nil {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	defer s.mu.Unlock()
	var page store.OrderPage
	var err error
	customer := strings.ToLower(q.Customer)
	page.Cursor, page.Examined, err = s.durable.page(q.Cursor, q.Limit, func(r *run, e *entry) bool {
		if !q.Run.IsZero() && r.doc.ID != q.Run || q.Priority != nil && e.lane() != *q.Priority {
			return false
		}
		o := e.order()
		return (q.Status == nil || o.Status == *q.Status) && (q.Tier == nil || o.Tier == *q.Tier) &&
			strings.Contains(strings.ToLower(o.Customer), customer)
	}, func(e *entry) { page.Orders = append(page.Orders, e.order()) })
	if err != nil {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	return page, nil
}

// DeadLetters implements [store.Lister].
func (s *Store) DeadLetters(ctx context.Context, q store.DeadQuery) (store.DeadPage, error) {
	if err := s.enter(ctx); err != nil {
		return store.DeadPage{}, fmt.Errorf("list dead letters: %w", err)
	}
	defer s.mu.Unlock()
	var page store.DeadPage
	var err error
	page.Cursor, _, err = s.durable.page(q.Cursor, q.Limit, func(_ *run, e *entry) bool {
		return e.place == dead && (q.Group == "" || order.ErrorGroup(e.reason) == q.Group)
	}, func(e *entry) { page.Letters = append(page.Letters, e.letter()) })
	if err != nil {
		return store.DeadPage{}, fmt.Errorf("list dead letters: %w", err)
	}
	return page, nil
}

func (e *entry) letter() store.DeadLetter {
	return store.DeadLetter{
		Order:    e.order(),
		Group:    order.ErrorGroup(e.reason),
		Attempts: e.attempts,
		First:    e.firstFailed,
		Last:     e.lastFailed,
		Redriven: e.redriven,
	}
}

// page hands the matching entries behind the cursor to take, in the order of their
// keys. It returns the cursor of what follows, the key of the last entry it examined, and
// how many that were.
func (d *durable) page(cursor string, limit int, match func(*run, *entry) bool, take func(*entry)) (next string, examined int, err error) {
	if limit < 1 || limit > maxPage {
		return "", 0, fmt.Errorf("%w: limit %d; allowed: 1 to %d", order.ErrInvalid, limit, maxPage)
	}
	var after order.Key
	if cursor != "" {
		if after, err = order.ParseKey(cursor); err != nil {
			return "", 0, fmt.Errorf("cursor: %w", err)
		}
	}
	taken := 0
	last := after
	for _, r := range d.runs {
		for e := range r.present {
			if compareKeys(e.accepted.Key, after) <= 0 {
				continue
			}
			hit := match(r, e)
			if hit && taken == limit || examined == store.MaxExamined {
				return last.String(), examined, nil
			}
			if hit {
				take(e)
				taken++
			}
			examined++
			last = e.accepted.Key
		}
	}
	return "", examined, nil
}

func compareKeys(a, b order.Key) int { return bytes.Compare(a[:], b[:]) }

// Groups implements [store.Lister].
func (s *Store) Groups(ctx context.Context) ([]store.Group, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	defer s.mu.Unlock()
	byName := map[string]*store.Group{}
	letters := s.durable.choose(func(e *entry) bool { return e.place == dead }, store.MaxExamined)
	for _, e := range letters {
		name := order.ErrorGroup(e.reason)
		g := byName[name]
		if g == nil {
			g = &store.Group{Name: name, Example: e.reason}
			byName[name] = g
		}
		g.Count++
		g.First = earlier(g.First, e.firstFailed)
		if e.lastFailed.After(g.Last) {
			g.Last = e.lastFailed
		}
	}
	var groups []store.Group
	for _, g := range byName {
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b store.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return groups, nil
}
