package logbook

import (
	"context"
	"log/slog"
)

// handler turns records into entries and hands them to a Book.
type handler struct {
	book   *Book
	with   attrs  // of WithAttrs, rendered
	prefix string // of WithGroup, such as "http.request."
}

var _ slog.Handler = (*handler)(nil)

// Enabled implements [slog.Handler].
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return h.book.wants(level) }

// Handle implements [slog.Handler]. It returns nil: a line that cannot be written
// somewhere is counted there.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	as := h.with.clone()
	r.Attrs(func(a slog.Attr) bool {
		as.add(h.prefix, a)
		return true
	})
	at := r.Time
	if at.IsZero() {
		at = h.book.opts.Now()
	}
	h.book.write(newEntry(at, r.Level, r.Message, &as))
	return nil
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(list []slog.Attr) slog.Handler {
	as := h.with.clone()
	for _, a := range list {
		as.add(h.prefix, a)
	}
	return &handler{book: h.book, with: as, prefix: h.prefix}
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{book: h.book, with: h.with, prefix: h.prefix + name + "."}
}
