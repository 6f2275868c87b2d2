package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func (a *API) registerOrders() {
	id := inPath{name: "id", doc: "The order's UUID, or the id its customer gave it."}
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/{id}"}, id: "get-order", tag: "orders",
		summary: "One order with what became of it",
		params:  []parameter{id},
		errors:  []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, a.getOrder)
	a.documentTagged("/pedidos/{id}", reflect.TypeFor[wire.Order]())
}

func (a *API) getOrder(ctx context.Context, req *request) (*tagged, error) {
	id := req.http.PathValue("id")
	o, err := a.findOrder(ctx, id)
	if errors.Is(err, order.ErrNotFound) {
		return nil, refuse(notFound, textNoOrder, cut(id))
	}
	if err != nil {
		return nil, err
	}
	return encodeTagged(req, wire.NewOrder(&o))
}

// findOrder returns the order with that key, or else with that ref: a customer's own
// id may look like a UUID.
func (a *API) findOrder(ctx context.Context, id string) (order.Order, error) {
	if key, err := order.ParseKey(id); err == nil {
		o, err := a.opts.Store.Order(ctx, key)
		if !errors.Is(err, order.ErrNotFound) {
			return o, err
		}
	}
	if order.ValidateRef(id) != nil {
		in := reading{}
		in.fault("id", []string{id}, allowedOrder)
		return order.Order{}, in.err()
	}
	key, err := a.opts.Store.Lookup(ctx, id)
	if err != nil {
		return order.Order{}, fmt.Errorf("look up %q: %w", id, err)
	}
	return a.opts.Store.Order(ctx, key)
}
