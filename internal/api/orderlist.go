package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

const ordersPath = "/pedidos/orders"

// orderPage is one page of orders, with a link to the next.
type orderPage struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body wire.OrderPage
}

// orderListParams are the parameters of GET /pedidos/orders.
type orderListParams struct {
	id                     orderID
	customer               phrase
	tier, priority, status choice
	run                    runID
	paging
}

func newOrderListParams() orderListParams {
	return orderListParams{
		id:       orderID{name: "id", doc: "The order with this UUID, or with this id of its customer's."},
		customer: phrase{name: "cliente", doc: "Part of the customer's name; upper and lower case are alike.", most: order.MaxTextLen},
		tier: choice{
			name: "tier", doc: "Only orders of this tier.",
			of: []string{"BRONZE", "SILVER", "GOLD", "DIAMOND", "PRATA", "OURO", "DIAMANTE"},
		},
		priority: choice{name: "priority", doc: "Only orders of this lane.", of: []string{order.VIP.String(), order.Normal.String()}},
		status: choice{
			name: "status", doc: "Only orders in this status.",
			of: []string{wire.Pendente, wire.Processado, wire.Falhou, wire.Removido},
		},
		run:    runID{name: "run", doc: "Only orders of the run with this UUID."},
		paging: newPaging("orders"),
	}
}

func (a *API) registerOrderList() {
	p := newOrderListParams()
	handle(a, route{
		method: http.MethodGet, paths: []string{ordersPath}, id: "list-orders", tag: "orders",
		summary: "Orders, oldest first",
		more:    "A page looks at 10,000 orders at most, so it may hold few, or none, and still have a next one.",
		params:  []parameter{p.id, p.customer, p.tier, p.priority, p.status, p.run, p.limit, p.cursor},
		errors:  []int{http.StatusServiceUnavailable},
	}, a.listOrders)
}

// orderQuery reads which orders are asked for.
func (in *reading) orderQuery(p *orderListParams) store.OrderQuery {
	q := store.OrderQuery{Customer: in.phrase(p.customer), Run: in.runID(p.run)}
	if name := in.choice(p.tier); name != "" {
		q.Tier = known(order.ParseTier(name))
	}
	if name := in.choice(p.priority); name != "" {
		q.Priority = known(order.ParsePriority(name))
	}
	if name := in.choice(p.status); name != "" {
		q.Status = known(wire.ParseStatus(name))
	}
	q.Limit, q.Cursor = in.page(p.paging)
	return q
}

// known returns the value of a name that is one of a choice's.
func known[T any](value T, err error) *T {
	if err != nil {
		return nil
	}
	return &value
}

func (a *API) listOrders(ctx context.Context, req *request) (*orderPage, error) {
	p, in := newOrderListParams(), req.reading()
	id, q := in.orderID(p.id), in.orderQuery(&p)
	if err := in.err(); err != nil {
		return nil, err
	}
	var page store.OrderPage
	var err error
	if id != "" {
		page, err = a.orderNamed(ctx, id, &q)
	} else {
		page, err = a.opts.Store.Orders(ctx, q)
	}
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	out := wire.OrderPage{
		Limit: q.Limit, Count: len(page.Orders), Orders: make([]wire.Order, 0, len(page.Orders)),
		NextCursor: page.Cursor, Examined: page.Examined,
	}
	for i := range page.Orders {
		out.Orders = append(out.Orders, wire.NewOrder(&page.Orders[i]))
	}
	return &orderPage{Link: nextPage(ordersPath, req.args, q.Limit, page.Cursor), Body: out}, nil
}

// orderNamed returns the page with the order of that name, if it is one of those that
// are asked for.
func (a *API) orderNamed(ctx context.Context, id string, q *store.OrderQuery) (store.OrderPage, error) {
	o, err := a.findOrder(ctx, id)
	if errors.Is(err, order.ErrNotFound) {
		return store.OrderPage{}, nil
	}
	page := store.OrderPage{Examined: 1}
	if err == nil && asked(q, &o) {
		page.Orders = []order.Order{o}
	}
	return page, err
}

// asked says whether an order is one of those that are asked for.
func asked(q *store.OrderQuery, o *order.Order) bool {
	return (q.Run.IsZero() || o.Key.Run() == q.Run) &&
		(q.Priority == nil || *q.Priority == o.Priority()) &&
		(q.Tier == nil || *q.Tier == o.Tier) &&
		(q.Status == nil || *q.Status == o.Status) &&
		strings.Contains(strings.ToLower(o.Customer), strings.ToLower(q.Customer))
}
