package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

const deadLettersPath = "/pedidos/queue/dead-letter"

// deadLetterPage is one page of dead letters, with a link to the next.
type deadLetterPage struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body wire.DeadLetterPage
}

// deadLetterParams are the parameters of GET /pedidos/queue/dead-letter.
type deadLetterParams struct {
	group phrase
	id    orderID
	paging
}

func groupParam() phrase {
	return phrase{name: "group", doc: "Dead letters of this error group.", most: order.MaxGroupLen}
}

func newDeadLetterParams() deadLetterParams {
	return deadLetterParams{
		group:  groupParam(),
		id:     orderID{name: "id", doc: "The dead letter of this order."},
		paging: newPaging("dead letters"),
	}
}

func (a *API) registerDeadLetters() {
	p := newDeadLetterParams()
	handle(a, route{
		method: http.MethodGet, paths: []string{deadLettersPath}, id: "list-dead-letters", tag: "queue",
		summary: "Dead letters, oldest order first",
		more:    "A page looks at 10,000 dead letters at most, so it may hold few, or none, and still have a next one.",
		params:  []parameter{p.group, p.id, p.limit, p.cursor},
		errors:  []int{http.StatusServiceUnavailable},
	}, a.listDeadLetters)
	handle(a, route{
		method: http.MethodGet, paths: []string{deadLettersPath + "/groups"}, id: "group-dead-letters", tag: "queue",
		summary: "Dead letters counted by what they failed of, most first",
		errors:  []int{http.StatusServiceUnavailable},
	}, a.groupDeadLetters)
}

func (a *API) listDeadLetters(ctx context.Context, req *request) (*deadLetterPage, error) {
	p, in := newDeadLetterParams(), req.reading()
	id, q := in.orderID(p.id), store.DeadQuery{Group: in.phrase(p.group)}
	q.Limit, q.Cursor = in.page(p.paging)
	if err := in.err(); err != nil {
		return nil, err
	}
	totals, err := a.opts.Store.Totals(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	var page store.DeadPage
	if id != "" {
		page.Letters, err = a.deadLetterOf(ctx, id, q.Group)
	} else {
		page, err = a.opts.Store.DeadLetters(ctx, q)
	}
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	out := wire.DeadLetterPage{
		Limit: q.Limit, Count: len(page.Letters), DeadLetters: make([]wire.DeadLetter, 0, len(page.Letters)),
		NextCursor: page.Cursor, Total: totals.Counts.Dead(),
	}
	for i := range page.Letters {
		out.DeadLetters = append(out.DeadLetters, newDeadLetter(&page.Letters[i]))
	}
	return &deadLetterPage{Link: nextPage(deadLettersPath, req.args, q.Limit, page.Cursor), Body: out}, nil
}

// deadLetterOf returns the dead letter of the order of that name, if it is one now and of
// that group.
func (a *API) deadLetterOf(ctx context.Context, id, group string) ([]store.DeadLetter, error) {
	o, err := a.findOrder(ctx, id)
	if errors.Is(err, order.ErrNotFound) {
		return nil, nil
	}
	if err != nil || o.Status != order.Dead {
		return nil, err
	}
	letter, err := a.opts.Store.DeadLetter(ctx, o.Key)
	if err != nil || letter.Order.Status != order.Dead || group != "" && group != letter.Group {
		return nil, err
	}
	return []store.DeadLetter{letter}, nil
}

func newDeadLetter(l *store.DeadLetter) wire.DeadLetter {
	return wire.DeadLetter{
		Order:        wire.NewOrder(&l.Order),
		Group:        l.Group,
		Attempts:     l.Attempts,
		FirstFailure: wire.At(l.First),
		LastFailure:  wire.At(l.Last),
		Redriven:     l.Redriven,
	}
}

func (a *API) groupDeadLetters(ctx context.Context, _ *request) (*body[wire.DeadLetterGroups], error) {
	groups, err := a.opts.Store.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	totals, err := a.opts.Store.Totals(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	out := wire.DeadLetterGroups{Count: len(groups), Total: totals.Counts.Dead(), Groups: make([]wire.DeadLetterGroup, 0, len(groups))}
	for _, g := range groups {
		out.Examined += g.Count
		out.Groups = append(out.Groups, wire.DeadLetterGroup{
			Group: g.Name, Count: g.Count, First: wire.At(g.First), Last: wire.At(g.Last), Example: g.Example,
		})
	}
	return &body[wire.DeadLetterGroups]{out}, nil
}
