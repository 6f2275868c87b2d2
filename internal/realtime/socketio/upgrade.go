package socketio

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// upgrade is a session's change from polling to WebSocket, under way. The client sends a
// probe and gets it back; the poll that is open is answered, so that the client can stop
// polling with nothing on its way; then the client says that it has changed over.
type upgrade struct {
	probed bool          // guarded by the session's mu
	over   chan struct{} // closed when the session has changed over, or will not
}

// upgradeWebSocket serves a WebSocket that names a session.
func (e *engine) upgradeWebSocket(w http.ResponseWriter, r *http.Request, s *session) *refusal {
	u := s.beginUpgrade()
	conn, err := e.accept(w, r)
	switch {
	case err != nil: // and answered
		s.endUpgrade(u, false)
	case u == nil:
		e.dismiss(conn)
	case !e.spawn(func() { s.change(u, conn) }):
		s.endUpgrade(u, false)
		_ = conn.CloseNow()
	}
	return nil
}

// dismiss closes a WebSocket that its session has no use for.
func (e *engine) dismiss(conn *pipe) {
	closing := func() {
		cut := time.AfterFunc(farewellTime, func() { _ = conn.wire.Close() })
		defer cut.Stop()
		_ = conn.Close(websocket.StatusPolicyViolation, "session has a WebSocket")
	}
	if !e.spawn(closing) {
		_ = conn.CloseNow()
	}
}

// beginUpgrade returns nil if the session has a WebSocket, or is getting one.
func (s *session) beginUpgrade() *upgrade {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transport != polling || s.upgrade != nil {
		return nil
	}
	s.upgrade = &upgrade{over: make(chan struct{})}
	return s.upgrade
}

// endUpgrade changes the session over, or lets it stay where it is. It says whether the
// session now uses the WebSocket.
func (s *session) endUpgrade(u *upgrade, changed bool) bool {
	if u == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = changed && !s.ended
	if changed {
		s.gauge().Add(-1)
		s.transport = webSocket
		s.gauge().Add(1)
	}
	s.upgrade = nil
	close(u.over)
	s.out.wake() // for a poll that should not be open any more
	return changed
}

// change leads an upgrade to its end, and serves the session from then on.
func (s *session) change(u *upgrade, conn *pipe) {
	stop := context.AfterFunc(s.ctx, func() { _ = conn.CloseNow() })
	err := s.probe(u, conn)
	stop()
	if !s.endUpgrade(u, err == nil) {
		_ = conn.CloseNow()
		return
	}
	if !s.engine.spawn(func() { s.write(conn) }) {
		_ = conn.CloseNow()
		return
	}
	s.read(conn)
}

// probe exchanges the packets of an upgrade.
func (s *session) probe(u *upgrade, conn *pipe) error {
	if err := conn.wire.SetReadDeadline(time.Now().Add(s.engine.opts.UpgradeTimeout)); err != nil {
		return err
	}
	if err := expect(conn, "2probe"); err != nil {
		return err
	}
	if err := writeMessage(conn, Message{data: []byte("3probe")}); err != nil {
		return err
	}
	s.mu.Lock()
	u.probed = true
	s.mu.Unlock()
	s.out.wake()
	if err := expect(conn, string(engineUpgrade)); err != nil {
		return err
	}
	return conn.wire.SetReadDeadline(time.Time{})
}

// expect reads a packet that must be this one.
func expect(conn *pipe, packet string) error {
	kind, data, err := conn.Read(context.Background()) // the connection has a deadline
	if err != nil {
		return err
	}
	if kind != websocket.MessageText || string(data) != packet {
		return errors.New("not a packet of an upgrade")
	}
	return nil
}
