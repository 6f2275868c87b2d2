package realtime

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// letEverybodyIn is what Authorize is where nobody asks for a key.
func letEverybodyIn(*http.Request) (until time.Time, refusal *wire.Problem) { return time.Time{}, nil }

// join refuses a Socket.IO client that does not show the key. It does so here and not at
// the handshake, whatever way the client shows the key: its own library then says why, with
// the problem as the error's data, and does not try again by itself. Of a handshake that is
// refused it would say no more than that it failed, and go on trying.
func (l *Live) join(_ context.Context, s *socketio.Socket) error {
	if _, refusal := l.opts.Authorize(requestOf(s)); refusal != nil {
		return &socketio.ConnectError{Message: refusal.Detail, Data: refusal}
	}
	return nil
}

// allowed returns a context that ends when whoever made a request has to show the key or
// the session anew.
func (l *Live) allowed(ctx context.Context, r *http.Request) (context.Context, context.CancelFunc) {
	until, refusal := l.opts.Authorize(r)
	switch {
	case refusal != nil:
		until = l.opts.Now() // it has ended since it was last asked for
	case until.IsZero():
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, until.Sub(l.opts.Now()))
}

// requestOf returns the request that a socket was opened with, with the key that came in
// the auth payload as if it had been sent along: browsers cannot send headers with a
// WebSocket.
func requestOf(s *socketio.Socket) *http.Request {
	r := s.Request()
	token := tokenOf(s.Auth())
	if token == "" {
		return r
	}
	with := r.Clone(r.Context())
	with.Header.Set("Authorization", "Bearer "+token)
	return with
}

// tokenOf takes the key out of an auth payload.
func tokenOf(auth json.RawMessage) string {
	var payload struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(auth, &payload) != nil {
		return "" // anything else may be in there
	}
	return payload.Token
}
