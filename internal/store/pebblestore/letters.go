package pebblestore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// letters calls f for every order that is a dead letter now and whose key is at or
// above from, in the order of keys.
func (db *DB) letters(from order.Key, f func(order.Priority, order.Key, letter) error) error {
	return byKey(db.eng, rowDead, from, func(lane order.Priority, k order.Key, v []byte) error {
		var l letter
		if err := json.Unmarshal(v, &l); err != nil {
			return fmt.Errorf("%w: dead letter %s: %w", order.ErrCorrupt, k, err)
		}
		if !l.Open {
			return nil
		}
		return f(lane, k, l)
	})
}

// DeadLetters implements [store.Lister].
func (db *DB) DeadLetters(ctx context.Context, q store.DeadQuery) (store.DeadPage, error) {
	if err := db.enter(ctx); err != nil {
		return store.DeadPage{}, err
	}
	defer db.leave()
	if q.Limit < 1 || q.Limit > maxPage {
		return store.DeadPage{}, fmt.Errorf("dead letters: %w: limit %d; allowed: 1 to %d", order.ErrInvalid, q.Limit, maxPage)
	}
	var from order.Key
	if q.Cursor != "" {
		last, err := order.ParseKey(q.Cursor)
		if err != nil {
			return store.DeadPage{}, fmt.Errorf("dead letters: %w: cursor %q; use one that was returned", order.ErrInvalid, q.Cursor)
		}
		from = nextKey(last)
	}
	var page store.DeadPage
	var last order.Key
	examined := 0
	err := db.letters(from, func(lane order.Priority, k order.Key, l letter) error {
		if len(page.Letters) == q.Limit || examined == store.MaxExamined {
			page.Cursor = last.String()
			return errEnough
		}
		examined++
		last = k
		if q.Group != "" && q.Group != l.Group {
			return nil
		}
		d, err := db.deadLetter(lane, k, l)
		page.Letters = append(page.Letters, d)
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return page, fmt.Errorf("dead letters: %w", err)
	}
	return page, nil
}

func (db *DB) deadLetter(lane order.Priority, k order.Key, l letter) (store.DeadLetter, error) {
	o, err := db.accepted(db.eng, lane, k)
	if err != nil {
		return store.DeadLetter{}, err
	}
	err = db.join(db.eng, lane, &o)
	return store.DeadLetter{
		Order: o, Group: l.Group, Attempts: l.Attempts, First: l.First, Last: l.Last, Redriven: l.Redriven,
	}, err
}

// DeadLetter implements [store.Reader].
func (db *DB) DeadLetter(ctx context.Context, k order.Key) (store.DeadLetter, error) {
	if err := db.enter(ctx); err != nil {
		return store.DeadLetter{}, err
	}
	defer db.leave()
	lane, l, err := db.findLetter(k)
	if err != nil {
		return store.DeadLetter{}, fmt.Errorf("dead letter of %s: %w", k, err)
	}
	return db.deadLetter(lane, k, l)
}

// findLetter returns the letter of an order in whichever lane it is.
func (db *DB) findLetter(k order.Key) (order.Priority, letter, error) {
	for _, lane := range order.Priorities() {
		l, err := db.letter(db.eng, lane, k)
		if !errors.Is(err, order.ErrNotFound) {
			return lane, l, err
		}
	}
	return 0, letter{}, order.ErrNotFound
}

// Groups implements [store.Lister].
func (db *DB) Groups(ctx context.Context) ([]store.Group, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	groups := make(map[string]*store.Group)
	examined := 0
	err := db.letters(order.Key{}, func(lane order.Priority, k order.Key, l letter) error {
		if examined == store.MaxExamined {
			return errEnough
		}
		examined++
		g := groups[l.Group]
		if g == nil {
			d, err := db.deadLetter(lane, k, l)
			if err != nil {
				return err
			}
			g = &store.Group{Name: l.Group, First: l.First, Last: l.Last, Example: d.Order.Reason}
			groups[l.Group] = g
		}
		g.Count++
		if l.First.Before(g.First) {
			g.First = l.First
		}
		if l.Last.After(g.Last) {
			g.Last = l.Last
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	all := make([]store.Group, 0, len(groups))
	for _, g := range groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b store.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}
