package client

import (
	"context"

	"github.com/filavip/filavip/internal/wire"
)

// Fleet lists the processes that work on the server's orders, it among them, by name.
func (c *Client) Fleet(ctx context.Context) ([]wire.Member, error) {
	return get[[]wire.Member](ctx, c, "list the processes", "/fleet", nil)
}
