package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// serve sends a Socket.IO client all events until it has gone or is too slow.
func (l *Live) serve(ctx context.Context, s *socketio.Socket) {
	ctx, cancel := l.allowed(ctx, requestOf(s))
	defer cancel()
	sub, current := l.opts.Hub.Subscribe(event.Filter{After: l.resumeAt(lastEventID(s.Auth()))})
	defer sub.Close()
	if err := s.Emit(ctx, wire.EventConnected, l.hello(s.ID()), l.encoder.id(sub.Resume())); err != nil {
		return
	}
	f := follower{encoder: l.encoder, send: func(p packet) error {
		m, err := p.message()
		if err != nil {
			return err
		}
		return s.Send(ctx, m)
	}}
	err := f.follow(ctx, sub, current, l.opts.Now())
	l.ended(err)
	if _, cut := errors.AsType[*event.CutError](err); cut {
		s.Drop("too slow for its phase changes")
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.Drop("its session has ended") // it comes back, and is told so
	}
}

// lastEventID takes what a client saw last out of its auth payload.
func lastEventID(auth json.RawMessage) string {
	var payload struct {
		LastEventID string `json:"lastEventId"`
	}
	if json.Unmarshal(auth, &payload) != nil {
		return "" // anything else may be in there
	}
	return payload.LastEventID
}

// ended notes why a client gets no more events, if that is worth noting.
func (l *Live) ended(err error) {
	if cut, ok := errors.AsType[*event.CutError](err); ok {
		l.log.Debug("client cut off", "lost", cut.Lost)
		return
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) {
		l.log.Debug("client gone", "error", err)
	}
}
