package client

import (
	"context"

	"github.com/filavip/filavip/internal/wire"
)

// OrdersOptions say which orders to list, and which page of them. The zero value is the
// first page of all.
type OrdersOptions struct {
	ID       string // key, or its customer's own id
	Customer string // part of the name
	Tier     string // BRONZE, SILVER, GOLD, DIAMOND
	Priority string // VIP, NORMAL
	Status   string // pendente, processado, falhou, removido
	Run      string // UUID
	Limit    int    // orders; 0: the server's default
	Cursor   string // the NextCursor of the page before
}

// Orders returns one page of orders, oldest first. A page may be empty and still have a
// NextCursor: the server looks at so many orders for it and no more.
func (c *Client) Orders(ctx context.Context, o OrdersOptions) (wire.OrderPage, error) {
	p := params{}
	p.text("id", o.ID)
	p.text("cliente", o.Customer)
	p.text("tier", o.Tier)
	p.text("priority", o.Priority)
	p.text("status", o.Status)
	p.text("run", o.Run)
	p.positive("limit", int64(o.Limit))
	p.text("cursor", o.Cursor)
	return get[wire.OrderPage](ctx, c, "list orders", "/pedidos/orders", p)
}

// Story returns one order with what is known of its way. An [*Error] with status 404 says
// that there is none (any more).
func (c *Client) Story(ctx context.Context, id string) (wire.Story, error) {
	return get[wire.Story](ctx, c, "read story", "/pedidos/"+segment(id)+"/story", nil)
}
