package client

import (
	"context"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// Status returns the current or latest batch run. It is up to 100 ms old.
func (c *Client) Status(ctx context.Context) (wire.Status, error) {
	return get[wire.Status](ctx, c, "read status", "/pedidos", nil)
}

// GenerateOptions say what run to start. The zero value leaves all to the server.
type GenerateOptions struct {
	Quantity   int64  // orders; 0: the server's default
	Seed       string // decimal; empty: a random one
	Tiers      string // four weights such as 40,30,20,10; empty: the server's default
	Force      bool   // end the active run first
	SpareStale bool   // do not end an active run that has come to a standstill
}

// Generate starts a run of generated orders and returns once it is durable, not once it
// is done. An [*Error] with status 409 says that another run is active.
func (c *Client) Generate(ctx context.Context, o GenerateOptions) (wire.Started, error) {
	p := params{}
	p.positive("quantity", o.Quantity)
	p.text("seed", o.Seed)
	p.text("tiers", o.Tiers)
	if o.Force {
		p.flag("force", &o.Force)
	}
	if o.SpareStale {
		p.flag("autoForceIfStale", new(false))
	}
	return post[wire.Started](ctx, c, "generate", "/pedidos/generate", p)
}

// CancelOptions say how to end a run. What is nil is left to the server.
type CancelOptions struct {
	Purge            *bool
	RemovePending    *bool // pending orders end removido
	ResetLogs        *bool
	ResetPhaseToIdle *bool          // the status shows IDLE in place of ERROR
	WaitTimeout      *time.Duration // for orders in hand; whole milliseconds
	PollInterval     *time.Duration
}

// serverWait is how long a server waits for orders in hand that was not told.
const serverWait = 10 * time.Second

// Cancel ends the active run. Without one it succeeds, and the answer says so.
func (c *Client) Cancel(ctx context.Context, o CancelOptions) (wire.Cancelled, error) {
	p := params{}
	p.flag("purge", o.Purge)
	p.flag("removePending", o.RemovePending)
	p.flag("resetLogs", o.ResetLogs)
	p.flag("resetPhaseToIdle", o.ResetPhaseToIdle)
	p.millis("waitTimeoutMs", o.WaitTimeout)
	p.millis("pollIntervalMs", o.PollInterval)
	wait := serverWait
	if o.WaitTimeout != nil {
		wait = max(0, *o.WaitTimeout)
	}
	return ask[wire.Cancelled](ctx, c, call{name: "cancel", method: http.MethodPost, path: "/pedidos/cancel", query: p, longer: wait})
}

// Reset stops every run and deletes all orders, runs and logs in memory.
func (c *Client) Reset(ctx context.Context) (wire.WasReset, error) {
	return post[wire.WasReset](ctx, c, "reset", "/pedidos/reset", nil)
}

// RunsOptions say which page of the history to return.
type RunsOptions struct {
	Limit  int    // runs; 0: the server's default
	Cursor string // the NextCursor of the page before; empty: the newest
}

// Runs returns one page of the history, newest first.
func (c *Client) Runs(ctx context.Context, o RunsOptions) (wire.RunPage, error) {
	p := params{}
	p.positive("limit", int64(o.Limit))
	p.text("cursor", o.Cursor)
	return get[wire.RunPage](ctx, c, "list runs", "/pedidos/runs", p)
}

// Run returns one run. An [*Error] with status 404 says that there is none (any more).
func (c *Client) Run(ctx context.Context, id string) (wire.Run, error) {
	return get[wire.Run](ctx, c, "read run", "/pedidos/runs/"+segment(id), nil)
}

// Order returns one order, named by its key or by its customer's own id. An [*Error]
// with status 404 says that there is none (any more).
func (c *Client) Order(ctx context.Context, id string) (wire.Order, error) {
	return get[wire.Order](ctx, c, "read order", "/pedidos/"+segment(id), nil)
}

// Logs returns the latest lines of each level, at most so many; 0 leaves the number to
// the server.
func (c *Client) Logs(ctx context.Context, lines int) (wire.Logs, error) {
	p := params{}
	p.positive("lines", int64(lines))
	return get[wire.Logs](ctx, c, "read logs", "/pedidos/logs", p)
}
