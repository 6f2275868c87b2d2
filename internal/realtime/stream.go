package realtime

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/wire"
)

// farewell is how long a client has to take what it is being sent when all is closed.
const farewell = time.Second

// retryAfter is how many milliseconds a client waits before it comes back.
const retryAfter = "2000"

// stream sends events as they are described in the HTML standard, section 9.2
// "Server-sent events", until the client has gone or is too slow.
func (l *Live) stream(w http.ResponseWriter, r *http.Request) {
	wants, err := l.admit(r)
	if err != nil {
		l.opts.Refuse(w, r, err)
		return
	}
	select {
	case l.places <- struct{}{}:
		defer func() { <-l.places }()
	default:
		l.opts.Refuse(w, r, ErrFull)
		return
	}
	if !l.begin() {
		l.opts.Refuse(w, r, ErrFull)
		return
	}
	defer l.streaming.Done()
	out := &stream{http: http.NewResponseController(w), w: w, patience: l.opts.Patience, closing: l.closing}
	ctx, cancel := l.allowed(r.Context(), r)
	defer cancel()
	defer context.AfterFunc(l.closing, func() { cancel(); out.hurry() })()

	if err := l.write(ctx, out, wants, r.Header.Get("Last-Event-ID")); errors.Is(err, os.ErrDeadlineExceeded) {
		l.stalled.Add(1)
	} else {
		l.ended(err)
	}
}

// write sends events until something ends.
func (l *Live) write(ctx context.Context, out *stream, wants choice, lastEventID string) error {
	wants.filter.After = l.resumeAt(lastEventID)
	sub, current := l.opts.Hub.Subscribe(wants.filter)
	defer sub.Close()
	if err := out.begin(l.encoder.id(sub.Resume())); err != nil {
		return err
	}
	f := follower{
		encoder:   l.encoder,
		send:      out.event,
		wants:     func(name string) bool { return slices.Contains(wants.names, name) },
		every:     l.opts.KeepAlive,
		keepAlive: func() error { return out.put(": keep-alive\n\n") },
	}
	hello, err := newPacket(wire.EventConnected, l.hello("sse-"+strconv.FormatUint(l.streams.Add(1), 10)))
	if err != nil {
		return err
	}
	if err := f.pass(hello); err != nil {
		return err
	}
	return f.follow(ctx, sub, current, l.opts.Now())
}

// choice is what a client wants of the events.
type choice struct {
	names  []string
	filter event.Filter
}

// admit returns what a client wants, or why it gets nothing.
func (l *Live) admit(r *http.Request) (choice, error) {
	if l.opts.AllowOrigin != nil && !l.opts.AllowOrigin(r) {
		return choice{}, ErrForeign
	}
	query := r.URL.Query()
	names, err := eventsOf(query["events"])
	if err != nil {
		return choice{}, err
	}
	level, err := levelOf(query["level"])
	if err != nil {
		return choice{}, err
	}
	return choice{names, event.Filter{Kinds: kindsOf(names), Level: level}}, nil
}

// eventsOf reads a list of event names; none is all of them.
func eventsOf(values []string) ([]string, error) {
	if len(values) == 0 {
		return wire.LiveEvents(), nil
	}
	var names []string
	for _, value := range values {
		names = append(names, strings.Split(value, ",")...)
	}
	for _, name := range names {
		if !slices.Contains(wire.LiveEvents(), name) {
			return nil, &BadParameterError{"events", strings.Join(values, ","), "a list of " + strings.Join(wire.LiveEvents(), ", ") + ", separated by commas"}
		}
	}
	return names, nil
}

// levelOf reads the least level of log lines; info if it is not given.
func levelOf(values []string) (slog.Level, error) {
	if len(values) == 0 {
		return slog.LevelInfo, nil
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[values[0]]
	if !ok || len(values) > 1 {
		return 0, &BadParameterError{"level", strings.Join(values, ","), "one of debug, info, warn, error"}
	}
	return level, nil
}

// kindsOf returns the kinds of event that the names need. A phase change brings a
// status along.
func kindsOf(names []string) event.Kind {
	kinds := map[string]event.Kind{
		wire.EventStatus:   event.KindStatus | event.KindPhase,
		wire.EventPhase:    event.KindPhase,
		wire.EventProgress: event.KindProgress,
		wire.EventMetrics:  event.KindMetrics,
		wire.EventLog:      event.KindLine,
	}
	var all event.Kind
	for _, name := range names {
		all |= kinds[name]
	}
	if all == 0 {
		return event.KindPhase // none would be all
	}
	return all
}

// stream is an answer that goes on.
type stream struct {
	http     *http.ResponseController
	w        http.ResponseWriter
	patience time.Duration
	closing  context.Context // done once all is closed
	buf      []byte          // of what is sent next
}

// begin sends the header and, since the events that the client wants may be far off, where
// to come back to until then. How long the answer takes is not limited from here on.
func (s *stream) begin(id string) error {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not collect events
	if err := s.http.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return s.put("retry: ", retryAfter, "\nid: ", id, "\n\n")
}

// hurry has what is being sent taken soon, or not at all.
func (s *stream) hurry() {
	_ = s.http.SetWriteDeadline(time.Now().Add(farewell)) // a writer that cannot is waited for
}

// event sends one event. Its body is JSON on one line.
func (s *stream) event(p packet) error {
	var id []string
	if p.id != "" {
		id = []string{"id: ", p.id, "\n"}
	}
	s.buf = s.buf[:0]
	for _, part := range append(id, "event: ", p.name, "\ndata: ") {
		s.buf = append(s.buf, part...)
	}
	s.buf = append(s.buf, p.body...)
	s.buf = append(s.buf, "\n\n"...)
	return s.flush()
}

// put sends parts of text at once.
func (s *stream) put(parts ...string) error {
	s.buf = s.buf[:0]
	for _, part := range parts {
		s.buf = append(s.buf, part...)
	}
	return s.flush()
}

// flush sends what is in the buffer, within the client's patience.
func (s *stream) flush() error {
	err := s.http.SetWriteDeadline(time.Now().Add(s.patience))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if s.closing.Err() != nil {
		s.hurry()
	}
	if _, err := s.w.Write(s.buf); err != nil {
		return err
	}
	return s.http.Flush()
}
