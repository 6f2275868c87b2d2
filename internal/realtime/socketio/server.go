package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
)

// errPanicked stands for what a callback would have returned.
var errPanicked = errors.New("internal error")

// Server serves Socket.IO, and the client that browsers need for it. It is safe for
// concurrent use.
type Server struct {
	opts   Options
	engine *engine
	script *script
}

// New returns a server, which is to be mounted at "/socket.io/". It panics if a namespace
// has a name that no client can ask for.
func New(opts Options) *Server {
	for _, name := range opts.Namespaces {
		if !strings.HasPrefix(name, "/") || strings.Contains(name, ",") {
			panic(fmt.Sprintf("socketio: namespace %q must begin with a slash and have no comma", name))
		}
	}
	s := &Server{opts: opts.withDefaults(), script: newScript()}
	s.engine = newEngine(s.opts, func(ss *session) peer { return newClient(s, ss) })
	return s
}

// ServeHTTP implements [http.Handler]. It sets the deadlines of the connection itself,
// through [http.ResponseController], so the http.Server may have any; a poll outlives
// them. Middleware must not compress the answers, and its writers must be unwrappable.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch name := path.Base(r.URL.Path); {
	case name == "socket.io.js" || name == "socket.io.min.js":
		s.script.ServeHTTP(w, r)
	case strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".map"):
		http.NotFound(w, r)
	default:
		s.engine.ServeHTTP(w, r)
	}
}

// Close ends every session, with the reason "server shutting down", and waits for all
// that runs for them. If ctx ends before that, its cause is returned and they end when
// they can. New sessions are refused from the beginning. It may be called again, but not
// from a callback, which it would wait for.
func (s *Server) Close(ctx context.Context) error {
	if err := s.engine.close(ctx); err != nil {
		return fmt.Errorf("close socket.io: %w", err)
	}
	return nil
}

// acknowledger returns the function that sends the acknowledgement of that id.
func (s *Socket) acknowledger(id uint64) func(context.Context, ...any) error {
	var used atomic.Bool
	return func(ctx context.Context, args ...any) error {
		m, err := encodeArgs(packetAck, args)
		if err != nil {
			return fmt.Errorf("encode acknowledgement: %w", err)
		}
		if used.Swap(true) {
			return errors.New("the event was acknowledged already")
		}
		return s.send(ctx, m.addressed(s.namespace, &id))
	}
}

// failed does what an error of Handle asks for.
func (s *Server) failed(socket *Socket, event string, err error) {
	s.opts.Log.Debug("event failed", "socket", socket.id, "event", event, "error", err)
	if demand, ok := errors.AsType[*DisconnectError](err); ok {
		socket.Disconnect(demand.Reason)
	}
}

// encodeJSON encodes a value without escaping what only HTML minds.
func encodeJSON(v any) (json.RawMessage, error) {
	m, err := encodeArgs(packetEvent, []any{v})
	if err != nil {
		return nil, err
	}
	return json.RawMessage(m.data[m.head+1 : len(m.data)-1]), nil
}
