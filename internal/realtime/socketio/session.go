package socketio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// transport is what carries a session.
type transport int

const (
	polling transport = iota
	webSocket
)

func (t transport) String() string { return [...]string{"polling", "websocket"}[t] }

// session is one session of Engine.IO.
type session struct {
	engine  *engine
	id      string
	request *http.Request // of the handshake, without its body
	peer    peer
	out     *outbox

	// ctx ends with the session; its cause wraps ErrDisconnected and says why.
	ctx    context.Context
	cancel context.CancelCauseFunc

	// receiving is held while the peer takes a message.
	receiving sync.Mutex

	// mu guards what follows.
	mu        sync.Mutex
	transport transport
	upgrade   *upgrade // to WebSocket, under way
	inPoll    bool     // a GET is waiting
	inPost    bool     // a POST is being read
	settled   bool     // a namespace was joined, or the session has ended
	ended     bool
	end       ending // if ended
	heartbeat
}

func newSession(e *engine, id string, r *http.Request, t transport) *session {
	s := &session{engine: e, id: id, transport: t, request: keep(r), out: newOutbox(e.opts.Outbox)}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s
}

// keep returns what may be kept of a request when it has been answered: all but its
// body, with a context that carries the values and does not end.
func keep(r *http.Request) *http.Request {
	kept := r.Clone(context.WithoutCancel(r.Context()))
	kept.Body = http.NoBody
	return kept
}

// start begins the session's life.
func (s *session) start() {
	s.gauge().Add(1)
	s.peer = s.engine.newPeer(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startHeartbeat(time.Now())
}

// close ends the session. The first ending counts.
func (s *session) close(end ending) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended, s.end = true, end
	s.timer.Stop()
	settled := s.settled
	s.settled = true
	s.gauge().Add(-1)
	// A client that closes a session expects an answer to its poll, which may be late.
	expected := end.poll == engineNoop && !end.abrupt && s.transport == polling && !s.inPoll
	s.mu.Unlock()

	if !settled {
		s.engine.settle()
	}
	s.engine.forget(s, expected)
	if end.count != nil {
		end.count(&s.engine.counters).Add(1)
	}
	cause := fmt.Errorf("%w: %s", ErrDisconnected, end.reason)
	s.cancel(cause)
	s.peer.closed(cause)
	s.engine.opts.Log.Debug("session ended", "session", s.id, "reason", end.reason)
}

// gauge is the count of sessions over the present transport. It needs mu held, or the
// session to be new.
func (s *session) gauge() *atomic.Int64 {
	if s.transport == webSocket {
		return &s.engine.webSocket
	}
	return &s.engine.polling
}

// receive takes a packet from the client. An error means that the session has ended.
func (s *session) receive(p enginePacket) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	var err error
	switch p.kind {
	case engineClose:
		s.close(endByClient())
		return nil
	case enginePong:
		s.pong()
		return nil
	case engineNoop:
		return nil
	case engineMessage:
		s.receiving.Lock()
		err = s.peer.message(p.data, p.binary)
		s.receiving.Unlock()
	default:
		err = fmt.Errorf("packet type %q is not the client's to send here", p.kind)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrDisconnected):
		return err // ended meanwhile
	}
	return s.malformed(err)
}

// malformed ends the session because of what the client sent.
func (s *session) malformed(err error) error {
	s.close(endMalformed(err))
	return err
}

// send queues a message, when there is room. A client that takes nothing meanwhile is
// cut.
func (s *session) send(ctx context.Context, m Message) error {
	if m.data == nil && m.attachments == nil {
		return nil
	}
	err := s.out.put(ctx, s.ctx, s.engine.opts.WriteTimeout, m)
	if errors.Is(err, errNothingTaken) {
		s.close(endStalled())
		return context.Cause(s.ctx)
	}
	return err
}

// join notes that the session has a socket. It says no if the session has ended.
func (s *session) join() bool {
	s.mu.Lock()
	ended, settled := s.ended, s.settled
	s.settled = true
	s.joinBy = time.Time{}
	s.mu.Unlock()
	if !settled {
		s.engine.settle()
	}
	return !ended
}

// vacate notes that the session has no socket any more: it has to join a namespace again
// within the time a new one has.
func (s *session) vacate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joinBy = time.Now().Add(s.engine.opts.ConnectTimeout)
	s.rearm(time.Now())
}
