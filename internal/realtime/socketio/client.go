package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// client is what Socket.IO keeps for one session: its decoder, and its sockets.
type client struct {
	server  *Server
	session *session
	decoder decoder

	// mu guards what follows.
	mu      sync.Mutex
	sockets map[string]*Socket // by namespace; one that has ended stays until the next
	live    int                // sockets that are connected
	ended   error              // why the session has ended, once it has
}

func newClient(server *Server, s *session) *client {
	return &client{
		server:  server,
		session: s,
		decoder: decoder{maxAttachments: server.opts.MaxAttachments, maxSize: server.opts.MaxPayload},
		sockets: make(map[string]*Socket),
	}
}

// message implements peer.
func (c *client) message(data []byte, binary bool) error {
	p, err := c.decoder.add(data, binary)
	if p == nil || err != nil {
		return err
	}
	if p.kind == packetConnect {
		return c.connect(p)
	}
	c.mu.Lock()
	s := c.sockets[p.namespace]
	c.mu.Unlock()
	if s == nil {
		return fmt.Errorf("packet for namespace %.40q, which was not joined", p.namespace)
	}
	switch p.kind {
	case packetAck:
		s.answered(*p.id, p.args)
		return nil
	case packetDisconnect:
		return s.enqueue(task{leave: true})
	}
	return s.enqueue(task{event: p})
}

// connect begins to join a namespace. A socket that was there before must have come to
// its end, with all that ran for it, or a client could pile up work by leaving and
// joining.
func (c *client) connect(p *packet) error {
	if !slices.Contains(c.server.opts.Namespaces, p.namespace) {
		return c.refuse(p.namespace, &ConnectError{Message: "Invalid namespace"})
	}
	c.mu.Lock()
	before := c.sockets[p.namespace]
	c.mu.Unlock()
	if before != nil {
		if before.joined() {
			return fmt.Errorf("namespace %q is joined already", p.namespace)
		}
		select {
		case <-before.finished:
		case <-c.session.ctx.Done():
			return context.Cause(c.session.ctx)
		}
	}
	s := newSocket(c, p)
	c.mu.Lock()
	c.sockets[p.namespace] = s
	c.mu.Unlock()
	return s.enqueue(task{join: true})
}

// refuse tells the client that it may not join.
func (c *client) refuse(namespace string, err error) error {
	m, encodeErr := encodeConnectError(namespace, err)
	if encodeErr != nil {
		c.server.opts.Log.Error("refusal without its data", "namespace", namespace, "error", encodeErr)
	}
	return c.session.send(c.session.ctx, m)
}

// admit makes a socket one of those that are connected, unless the session has ended.
func (c *client) admit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return c.ended
	}
	if !c.session.join() {
		return ErrDisconnected
	}
	c.live++
	c.server.engine.sockets.Add(1)
	return nil
}

// release takes back what admit did.
func (c *client) release() {
	c.server.engine.sockets.Add(-1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live--; c.live == 0 {
		c.session.vacate()
	}
}

// closed implements peer.
func (c *client) closed(cause error) {
	c.mu.Lock()
	c.ended = cause
	all := make([]*Socket, 0, len(c.sockets))
	for _, s := range c.sockets {
		all = append(all, s)
	}
	c.mu.Unlock()
	for _, s := range all {
		s.end(cause)
	}
}

// ConnectError is an error of [Options].Connect with data for the client, which finds
// them in the data of the error it gets.
type ConnectError struct {
	Message string
	Data    any // becomes JSON; nil: none
}

func (e *ConnectError) Error() string { return e.Message }

// DisconnectError is an error of [Options].Handle that ends the socket. The reason is for
// the log; the client is told only that the server did it.
type DisconnectError struct {
	Reason string
}

func (e *DisconnectError) Error() string { return e.Reason }

// encodeConnectError encodes the packet that refuses a socket. If the data cannot be
// encoded the packet is without, and there is an error beside it.
func encodeConnectError(namespace string, refusal error) (Message, error) {
	body := struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{Message: refusal.Error()}
	if with, ok := errors.AsType[*ConnectError](refusal); ok {
		body.Message, body.Data = with.Message, with.Data
	}
	payload, err := encodeJSON(body)
	if err != nil {
		body.Data = nil
		payload, _ = encodeJSON(body) // a string
	}
	return encodePacket("44", namespace, payload), err
}
