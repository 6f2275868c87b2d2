package client

import (
	"context"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// QueueStatus counts the orders in each state.
func (c *Client) QueueStatus(ctx context.Context) (wire.QueueCounts, error) {
	return get[wire.QueueCounts](ctx, c, "read queue status", "/pedidos/queue/status", nil)
}

// JobsOptions say which jobs to list. The zero value leaves all to the server.
type JobsOptions struct {
	States []string // waiting, active, delayed, completed, failed
	Start  int      // how many of each state to skip
	Limit  int      // how many of each state to list, at most; 0: the server's default
	NoData bool     // leave the orders out
}

// Jobs lists jobs, one per order, state by state.
func (c *Client) Jobs(ctx context.Context, o JobsOptions) (wire.JobList, error) {
	p := params{}
	p.text("types", strings.Join(o.States, ","))
	p.positive("start", int64(o.Start))
	if o.Limit > 0 {
		p.number("end", new(int64(o.Start+o.Limit-1)))
	}
	if o.NoData {
		p.flag("includeData", new(false))
	}
	return get[wire.JobList](ctx, c, "list jobs", "/pedidos/queue/jobs", p)
}

// Pause stops the hand-out of orders, until Resume and across restarts.
func (c *Client) Pause(ctx context.Context) (wire.Paused, error) {
	return post[wire.Paused](ctx, c, "pause", "/pedidos/queue/pause", nil)
}

// Resume hands orders out again, after Pause or Close.
func (c *Client) Resume(ctx context.Context) (wire.Resumed, error) {
	return post[wire.Resumed](ctx, c, "resume", "/pedidos/queue/resume", nil)
}

// Close pauses and waits until no order is in hand.
func (c *Client) Close(ctx context.Context) (wire.Closed, error) {
	return post[wire.Closed](ctx, c, "close queue", "/pedidos/queue/close", nil)
}

// CleanOptions say what to remove. The zero value leaves all to the server.
type CleanOptions struct {
	State string        // wait, active, delayed, completed, failed; empty: wait
	Grace time.Duration // only what has been in that state for longer; whole milliseconds
	Limit *int64        // how many at most; 0: all; nil: the server's default

	DryRun bool // only count
}

// Clean removes orders in one state.
func (c *Client) Clean(ctx context.Context, o CleanOptions) (wire.Cleaned, error) {
	p := params{}
	p.text("state", o.State)
	p.positive("grace", o.Grace.Milliseconds())
	p.number("limit", o.Limit)
	if o.DryRun {
		p.flag("dryRun", &o.DryRun)
	}
	return post[wire.Cleaned](ctx, c, "clean", "/pedidos/queue/clean", p)
}

// PurgeOptions say how far a purge goes.
type PurgeOptions struct {
	Obliterate bool // the dead letters too
	DryRun     bool // only count
}

// Purge removes every order that is not settled.
func (c *Client) Purge(ctx context.Context, o PurgeOptions) (wire.Purged, error) {
	p := params{}
	if o.Obliterate {
		p.flag("obliterate", &o.Obliterate)
	}
	if o.DryRun {
		p.flag("dryRun", &o.DryRun)
	}
	return post[wire.Purged](ctx, c, "purge", "/pedidos/queue/purge", p)
}

// RetryFailed puts up to limit dead letters back; 0 leaves the number to the server.
func (c *Client) RetryFailed(ctx context.Context, limit int64) (wire.Retried, error) {
	p := params{}
	p.positive("limit", limit)
	return post[wire.Retried](ctx, c, "retry failed orders", "/pedidos/queue/retry-failed", p)
}

// RecoverStuck takes up to limit orders back from handlers that have been silent for
// too long; 0 leaves the number to the server.
func (c *Client) RecoverStuck(ctx context.Context, limit int) (wire.Recovered, error) {
	p := params{}
	p.positive("maxJobs", int64(limit))
	return post[wire.Recovered](ctx, c, "recover stuck orders", "/pedidos/queue/recover-stuck", p)
}

// Diagnostics returns what the queue knows, for whoever looks for a fault: lanes, gate
// and workers among it.
func (c *Client) Diagnostics(ctx context.Context) (wire.Diagnostics, error) {
	return get[wire.Diagnostics](ctx, c, "read diagnostics", "/diagnostics/queue", nil)
}
