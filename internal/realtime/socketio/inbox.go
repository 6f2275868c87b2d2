package socketio

import (
	"context"
	"fmt"
	"runtime/debug"
)

// maxWaiting is how many tasks wait for a socket before nothing more is read.
const maxWaiting = 64

// task is something a client wants of a socket: exactly one of its fields is set.
type task struct {
	join  bool
	event *packet
	leave bool
}

// inbox holds what a client wants, in order.
type inbox struct {
	tasks   []task
	bytes   int
	leaving bool          // the client has said that it leaves
	running bool          // a goroutine works on the tasks
	room    chan struct{} // not nil: somebody waits; closed when a task is taken
}

// enqueue adds a task, when there is room, and sees that somebody works on it. What
// comes after the client has left, or was disconnected, is ignored: it was on its way.
func (s *Socket) enqueue(t task) error {
	for {
		room := s.offer(t)
		if room == nil {
			return nil
		}
		select {
		case <-room:
		case <-s.client.session.ctx.Done():
			return context.Cause(s.client.session.ctx)
		}
	}
}

// offer adds a task and returns nil, or returns what is closed once there may be room.
func (s *Socket) offer(t task) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &s.inbox
	if s.state == gone || in.leaving {
		return nil
	}
	if len(in.tasks) >= maxWaiting || in.bytes >= s.client.server.opts.MaxPayload {
		if in.room == nil {
			in.room = make(chan struct{})
		}
		return in.room
	}
	in.tasks = append(in.tasks, t)
	in.leaving = t.leave
	if t.event != nil {
		in.bytes += t.event.size
	}
	if !in.running {
		in.running = s.hold(s.work)
	}
	return nil
}

// hold runs f in a goroutine that holds the socket, unless the server is closing. It
// needs mu held.
func (s *Socket) hold(f func()) bool {
	s.holders++
	if s.client.server.engine.spawn(func() { defer s.drop(); f() }) {
		return true
	}
	s.holders-- // not the last: only a socket that has not ended gets here
	return false
}

// work does what waits. Events that came before the client left are still handled.
func (s *Socket) work() {
	for {
		t, ok := s.next()
		if !ok {
			return
		}
		switch {
		case t.join:
			s.join()
		case t.leave:
			s.end(fmt.Errorf("%w: client namespace disconnect", ErrDisconnected))
		default:
			s.handle(t.event)
		}
	}
}

// next takes the first task. Where there is none, the worker's time is over.
func (s *Socket) next() (task, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &s.inbox
	if len(in.tasks) == 0 || s.client.server.engine.ctx.Err() != nil {
		in.running, in.tasks = false, nil
		return task{}, false
	}
	t := in.tasks[0]
	in.tasks[0] = task{} // or what it holds would be kept with the array
	in.tasks = in.tasks[1:]
	if t.event != nil {
		in.bytes -= t.event.size
	}
	in.madeRoom()
	return t, true
}

// madeRoom wakes who waits for room.
func (in *inbox) madeRoom() {
	if in.room != nil {
		close(in.room)
		in.room = nil
	}
}

// join asks whether the socket may be connected, tells the client, and begins to serve.
func (s *Socket) join() {
	server := s.client.server
	if err := s.allowed(); err != nil {
		if s.abandon(err) {
			_ = s.client.refuse(s.namespace, err) // fails only where the session ends
		}
		return
	}
	payload := []byte(`{"sid":"` + s.id + `"}`)
	if err := s.client.session.send(s.ctx, encodePacket("40", s.namespace, payload)); err != nil {
		s.abandon(err)
		return
	}
	if err := s.client.admit(); err != nil {
		s.abandon(err)
		return
	}
	s.mu.Lock()
	lost := s.state == gone // the session ended since it admitted the socket
	if !lost {
		s.state = connected
		if server.opts.Serve != nil {
			s.hold(s.serve)
		}
	}
	s.mu.Unlock()
	if lost {
		s.client.release()
	}
}

// allowed asks Connect.
func (s *Socket) allowed() error {
	server := s.client.server
	if server.opts.Connect == nil {
		return nil
	}
	err := errPanicked
	server.guard("Connect", s, func() { err = server.opts.Connect(s.ctx, s) })
	return err
}

// abandon ends a socket that does not get connected, and forgets what else its client
// wanted. It says whether the socket had not ended before.
func (s *Socket) abandon(cause error) bool {
	s.mu.Lock()
	first := s.state != gone
	s.inbox.tasks, s.inbox.bytes = nil, 0
	s.inbox.madeRoom()
	s.mu.Unlock()
	if !first {
		return false
	}
	s.end(fmt.Errorf("%w: %w", ErrDisconnected, cause))
	return true
}

// serve runs Serve.
func (s *Socket) serve() {
	s.client.server.guard("Serve", s, func() { s.client.server.opts.Serve(s.ctx, s) })
	s.Disconnect("served")
}

// handle gives an event to Handle.
func (s *Socket) handle(p *packet) {
	server := s.client.server
	if server.opts.Handle == nil {
		return
	}
	e := Event{Name: p.event, Args: p.args, Attachments: p.attachments}
	if p.id != nil {
		e.Ack = s.acknowledger(*p.id)
	}
	var err error = &DisconnectError{Reason: errPanicked.Error()}
	server.guard("Handle", s, func() { err = server.opts.Handle(server.engine.ctx, s, e) })
	if err != nil {
		server.failed(s, p.event, err)
	}
}

// guard runs a callback. A panic is logged and goes no further.
func (s *Server) guard(name string, socket *Socket, f func()) {
	defer func() {
		if v := recover(); v != nil {
			s.opts.Log.Error("callback panicked", "callback", name, "socket", socket.id,
				"panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}
