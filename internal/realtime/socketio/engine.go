package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// partingTime is how long a session that its client closed is remembered, because the
// client's own poll may still be on its way.
const partingTime = 2 * time.Second

// peer is what a session's messages are for.
type peer interface {
	// message takes a message, one at a time per session. An error ends the session.
	message(data []byte, binary bool) error
	// closed is called once, when the session has ended for this cause.
	closed(cause error)
}

// engine holds the sessions of Engine.IO.
type engine struct {
	opts    Options
	newPeer func(*session) peer
	counters

	// ctx ends when the engine closes; work counts the goroutines and the polls that it
	// waits for then.
	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	// mu guards what follows. A session's lock may be taken while it is held, never the
	// other way round.
	mu       sync.Mutex
	closing  bool
	sessions map[string]*session
	pending  int       // sessions that have not joined a namespace yet
	parted   []parting // in the order of their time
}

// parting remembers a session that its client closed.
type parting struct {
	id    string
	until time.Time
}

func newEngine(opts Options, newPeer func(*session) peer) *engine {
	e := &engine{opts: opts, newPeer: newPeer, sessions: make(map[string]*session)}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e
}

// begin counts some work that close waits for. It says no once the engine is closing;
// else the caller calls work.Done.
func (e *engine) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.work.Add(1)
	return true
}

// spawn runs f in a goroutine, unless the engine is closing.
func (e *engine) spawn(f func()) bool {
	if !e.begin() {
		return false
	}
	go func() {
		defer e.work.Done()
		f()
	}()
	return true
}

// open makes a session for a request, or says why not.
func (e *engine) open(r *http.Request, t transport) (*session, *refusal) {
	s := newSession(e, newID(), r, t)
	if no := e.admit(s); no != nil {
		e.refused.Add(1)
		return nil, no
	}
	e.opened.Add(1)
	return s, nil
}

func (e *engine) admit(s *session) *refusal {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closing:
		return refuseFull("Server is shutting down")
	case len(e.sessions) >= e.opts.MaxSessions:
		return refuseFull("Too many sessions")
	case e.pending >= e.opts.MaxPending:
		return refuseFull("Too many sessions have not connected yet")
	}
	e.sessions[s.id] = s
	e.pending++
	s.start()
	return nil
}

// find returns the session of that id, if it is alive.
func (e *engine) find(id string) *session {
	e.mu.Lock()
	s := e.sessions[id]
	e.mu.Unlock()
	if s != nil {
		s.beat() // it may be overdue, and the timer late
		if s.ctx.Err() != nil {
			return nil
		}
	}
	return s
}

// settle notes that a session has joined its first namespace, or ends without one.
func (e *engine) settle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending--
}

// forget removes a session that has ended. Where its client may still come to poll, it
// is remembered for a while.
func (e *engine) forget(s *session, expected bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s.id)
	e.dropParted()
	if expected {
		e.parted = append(e.parted, parting{s.id, time.Now().Add(partingTime)})
	}
}

// dropParted needs mu held.
func (e *engine) dropParted() {
	now, n := time.Now(), 0
	for n < len(e.parted) && !now.Before(e.parted[n].until) {
		n++
	}
	e.parted = slices.Delete(e.parted, 0, n)
}

// part says whether a session was closed by its client a moment ago. It says so once.
func (e *engine) part(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dropParted()
	i := slices.IndexFunc(e.parted, func(p parting) bool { return p.id == id })
	if i < 0 {
		return false
	}
	e.parted = slices.Delete(e.parted, i, i+1)
	return true
}

func (e *engine) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sessions)
}

// close ends every session and waits for all work until ctx ends. It may be called again.
func (e *engine) close(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	all := slices.Collect(maps.Values(e.sessions))
	e.mu.Unlock()
	for _, s := range all {
		s.close(endShutdown())
	}
	e.stop()

	done := make(chan struct{})
	go func() {
		e.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// newID returns an identifier that cannot be guessed.
func newID() string {
	var raw [15]byte
	rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
