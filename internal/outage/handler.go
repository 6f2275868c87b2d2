package outage

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// handler passes lines on, those about errors as its Calm decides.
type handler struct {
	calm *Calm
	next slog.Handler
}

var _ slog.Handler = (*handler)(nil)

// Enabled implements [slog.Handler].
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.calm, h.next.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.calm, h.next.WithGroup(name)}
}

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return h.next.Handle(ctx, r)
	}
	err := errorOf(&r)
	switch {
	case errors.Is(err, order.ErrClosed) || errors.Is(err, context.Canceled):
		return lower(ctx, h.next, r)
	case errors.Is(err, order.ErrUnavailable):
		return h.calm.handle(ctx, h.next, r, order.UnavailableServers(err))
	}
	return h.next.Handle(ctx, r)
}

// errorOf returns the error that a line is about; nil if it is about none.
func errorOf(r *slog.Record) (found error) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			found, _ = a.Value.Any().(error)
		}
		return found == nil
	})
	return found
}

// handle decides about a line that says that servers are not available.
func (c *Calm) handle(ctx context.Context, to slog.Handler, r slog.Record, servers []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.explained(servers):
		return lower(ctx, to, r)
	case !c.watching:
		return to.Handle(ctx, r)
	}
	h := c.held[r.Message]
	if h == nil {
		h = &held{to: to, record: r.Clone(), servers: servers}
		c.held[r.Message] = h
	}
	h.at = time.Now()
	h.times++
	return nil
}

// lower passes a line on at the debug level, if that goes anywhere.
func lower(ctx context.Context, to slog.Handler, r slog.Record) error {
	r.Level = slog.LevelDebug
	if !to.Enabled(ctx, r.Level) {
		return nil
	}
	return to.Handle(ctx, r)
}

// log logs the line as it came, with how often.
func (h *held) log() {
	if h.times > 1 {
		h.record.AddAttrs(slog.Int("times", h.times))
	}
	_ = h.to.Handle(context.Background(), h.record) // a line that cannot be logged has nowhere to be told
}

// lower passes the line on at the debug level.
func (h *held) lower() {
	_ = lower(context.Background(), h.to, h.record) // as with log
}
