package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Event is an event that a client sent.
type Event struct {
	Name string
	Args []json.RawMessage
	// Attachments are the binary arguments. In Args, each has a placeholder in its place:
	// {"_placeholder":true,"num":0} stands for the first.
	Attachments [][]byte
	// Ack sends the acknowledgement, with arguments as for [Encode]; it may be called once,
	// and from any goroutine. It is nil if the client asked for none.
	Ack func(ctx context.Context, args ...any) error
}

// Socket is a client that has joined a namespace. Its methods are safe for concurrent
// use.
type Socket struct {
	client    *client
	id        string
	namespace string
	auth      json.RawMessage

	// ctx ends with the socket; its cause wraps ErrDisconnected and says why.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// finished is closed when the socket has ended and nothing runs for it any more.
	finished chan struct{}

	// mu guards what follows.
	mu      sync.Mutex
	state   socketState
	inbox   inbox
	holders int // goroutines that run for it, and 1 until it ends
	asked   map[uint64]chan<- []json.RawMessage
	lastAsk uint64
}

type socketState int

const (
	joining socketState = iota
	connected
	gone
)

func newSocket(c *client, p *packet) *Socket {
	s := &Socket{
		client: c, id: newID(), namespace: p.namespace, auth: p.auth,
		finished: make(chan struct{}), holders: 1,
	}
	s.ctx, s.cancel = context.WithCancelCause(c.session.ctx)
	return s
}

// ID returns what names the socket, to the client too. It cannot be guessed.
func (s *Socket) ID() string { return s.id }

// SessionID returns what names the session, which the sockets of several namespaces
// share. Whoever knows it can act as the client.
func (s *Socket) SessionID() string { return s.client.session.id }

// Namespace returns the namespace that was joined.
func (s *Socket) Namespace() string { return s.namespace }

// Auth returns the JSON object that the client joined with, or nil.
func (s *Socket) Auth() json.RawMessage { return s.auth }

// Request returns the request that opened the session, without its body. Its context
// carries the values of the request's and does not end.
func (s *Socket) Request() *http.Request { return s.client.session.request }

// Send queues a message. While the outbox is full it waits, until ctx ends or the socket
// is gone: then the error wraps [ErrDisconnected]. A client that takes nothing for
// [Options].WriteTimeout meanwhile is cut. Messages of one goroutine arrive in order.
func (s *Socket) Send(ctx context.Context, m Message) error {
	return s.send(ctx, m.addressed(s.namespace, nil))
}

// Emit encodes an event and sends it.
func (s *Socket) Emit(ctx context.Context, event string, args ...any) error {
	m, err := Encode(event, args...)
	if err != nil {
		return err
	}
	return s.Send(ctx, m)
}

// Ask emits an event and waits for the client's acknowledgement, until ctx ends or the
// socket is gone. Where the client answers with binary data, its placeholders are
// returned.
func (s *Socket) Ask(ctx context.Context, event string, args ...any) ([]json.RawMessage, error) {
	m, err := Encode(event, args...)
	if err != nil {
		return nil, err
	}
	answer := make(chan []json.RawMessage, 1)
	s.mu.Lock()
	id := s.lastAsk
	s.lastAsk++
	if s.asked == nil {
		s.asked = make(map[uint64]chan<- []json.RawMessage)
	}
	s.asked[id] = answer
	s.mu.Unlock()
	defer s.forget(id)
	if err := s.send(ctx, m.addressed(s.namespace, &id)); err != nil {
		return nil, err
	}
	select {
	case args := <-answer:
		return args, nil
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Disconnect ends the socket and tells the client. The reason is for the log, and for
// whoever asks the context why it ended. The session stays, for other namespaces or
// another try.
func (s *Socket) Disconnect(reason string) {
	cause := fmt.Errorf("%w: server namespace disconnect: %s", ErrDisconnected, reason)
	if s.end(cause) {
		s.client.session.out.force(encodePacket("41", s.namespace, nil))
	}
}

// Drop ends the session, and all its sockets with it, as if the connection were lost:
// clients come back from that by themselves, which they do not from [Socket.Disconnect].
// The reason is for the log.
func (s *Socket) Drop(reason string) { s.client.session.close(endDropped(reason)) }

func (s *Socket) send(ctx context.Context, m Message) error {
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	switch state {
	case joining:
		return errors.New("socket has not been accepted yet")
	case gone:
		return context.Cause(s.ctx)
	}
	return s.client.session.send(ctx, m)
}

// forget gives up waiting for an acknowledgement.
func (s *Socket) forget(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asked, id)
}

// answered takes an acknowledgement. One that nobody waits for is ignored.
func (s *Socket) answered(id uint64, args []json.RawMessage) {
	s.mu.Lock()
	answer := s.asked[id]
	delete(s.asked, id)
	s.mu.Unlock()
	if answer != nil {
		answer <- args
	}
}

// joined says whether the socket is connected, or on its way there, and is not about to
// leave.
func (s *Socket) joined() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state != gone && !s.inbox.leaving
}

// end ends the socket and says whether it was connected until now.
func (s *Socket) end(cause error) bool {
	s.mu.Lock()
	before := s.state
	s.state = gone
	s.mu.Unlock()
	if before == gone {
		return false
	}
	s.cancel(cause)
	if before == connected {
		s.client.release()
	}
	s.drop()
	return before == connected
}

// drop releases one holder. The last closes finished.
func (s *Socket) drop() {
	s.mu.Lock()
	s.holders--
	last := s.holders == 0
	s.mu.Unlock()
	if last {
		close(s.finished)
	}
}
