package socketio

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// still is a peer that takes everything.
type still struct{}

func (still) message([]byte, bool) error { return nil }
func (still) closed(error)               {}

// idle returns a session over polling whose client does nothing, for use in a bubble.
func idle(t *testing.T, opts Options) *session {
	t.Helper()
	e := newEngine(opts.withDefaults(), func(*session) peer { return still{} })
	t.Cleanup(func() {
		if err := e.close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	s, no := e.open(httptest.NewRequest(http.MethodGet, "/", nil), polling)
	if no != nil {
		t.Fatal(no)
	}
	return s
}

func reasonOf(s *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end.reason
}

func wantPing(t *testing.T, s *session, want bool) {
	t.Helper()
	synctest.Wait()
	m, ok := s.out.take()
	if ok != want || ok && string(m.data) != "2" {
		t.Errorf("a ping waits: %v (%q), want %v", ok, m.data, want)
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		s.join()
		for range 100 {
			pass(24 * time.Second)
			wantPing(t, s, false)
			pass(time.Second)
			wantPing(t, s, true)
			s.pong()
		}
		pass(25*time.Second + 20*time.Second - time.Nanosecond)
		wantPing(t, s, true)
		if s.ctx.Err() != nil {
			t.Error("ended before the time for the pong was over")
		}
		pass(time.Nanosecond)
		synctest.Wait()
		if got := reasonOf(s); got != "ping timeout" || s.engine.timeouts.Load() != 1 {
			t.Errorf("ended with %q, %d timeouts", got, s.engine.timeouts.Load())
		}
	})
}

// Pitfall (c): a late pong does not put off the next ping, and a request that comes when
// the time is over finds no session, whether or not the timer has run.
func TestHeartbeatDeadlinesAreAbsolute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		s.join()
		pass(25 * time.Second)
		wantPing(t, s, true)
		pass(19 * time.Second)
		s.pong()
		pass(6 * time.Second) // 50 s after the beginning
		wantPing(t, s, true)

		s.mu.Lock()
		s.timer.Stop() // a timer that is not run, on a machine that is too busy
		s.mu.Unlock()
		pass(20 * time.Second)
		if got := s.engine.find(s.id); got != nil {
			t.Error("found after the time for the pong was over")
		}
		if got := reasonOf(s); got != "ping timeout" {
			t.Errorf("ended with %q", got)
		}
	})
}

func TestTimeoutLongerThanInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{PingInterval: 10 * time.Second, PingTimeout: 60 * time.Second})
		s.join()
		pass(10 * time.Second)
		wantPing(t, s, true)
		pass(50 * time.Second)
		s.engine.find(s.id)
		wantPing(t, s, false) // one at a time
		s.pong()
		wantPing(t, s, true) // overdue by now
	})
}

// Pitfall (k), the time to join a namespace.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		pass(25 * time.Second)
		wantPing(t, s, true)
		s.pong()
		pass(20*time.Second - time.Nanosecond)
		if s.ctx.Err() != nil {
			t.Fatal("ended early")
		}
		pass(time.Nanosecond)
		synctest.Wait()
		if got := reasonOf(s); got != "no namespace was joined in time" {
			t.Errorf("ended with %q", got)
		}
		if s.engine.pending != 0 {
			t.Errorf("%d sessions pending", s.engine.pending)
		}
	})
}

func TestConnectTimeoutStartsAgainWithoutASocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{PingInterval: time.Hour})
		s.join()
		pass(time.Minute)
		s.vacate()
		pass(44 * time.Second)
		if s.ctx.Err() != nil {
			t.Fatal("ended early")
		}
		pass(time.Second)
		synctest.Wait()
		if s.ctx.Err() == nil {
			t.Error("goes on without a socket")
		}
	})
}

// Pitfall (b) again, to the millisecond: 20 of them, then the poll is answered.
func TestPollWaitsForAnUpgradeOnlySoLong(t *testing.T) {
	t.Parallel()
	for _, completes := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := idle(t, Options{})
			u := s.beginUpgrade()
			u.probed = true
			w := httptest.NewRecorder()
			start := time.Now()
			done := make(chan *refusal, 1)
			go func() { done <- s.engine.poll(w, httptest.NewRequest(http.MethodGet, "/", nil), s) }()
			pass(19 * time.Millisecond)
			if completes {
				s.endUpgrade(u, true)
			}
			no := <-done
			if completes && (no == nil || no.status != http.StatusBadRequest) {
				t.Errorf("a poll after the upgrade: %+v, %q", no, w.Body)
			}
			if !completes && (no != nil || w.Body.String() != "6" || time.Since(start) != raceTime) {
				t.Errorf("a poll without the upgrade: %+v, %q after %v", no, w.Body, time.Since(start))
			}
		})
	}
}

// Pitfall (d) again: the memory of a session its client closed is short.
func TestPartedSessionsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		s.close(endByClient())
		pass(partingTime - time.Nanosecond)
		if !s.engine.part(s.id) {
			t.Error("forgotten early")
		}
		if s.engine.part(s.id) {
			t.Error("answered twice")
		}
		s.engine.forget(s, true)
		pass(partingTime)
		s.engine.forget(s, true)
		if got := len(s.engine.parted); got != 1 {
			t.Errorf("%d are remembered, want the last", got)
		}
		pass(partingTime)
		if s.engine.part(s.id) || len(s.engine.parted) != 0 {
			t.Error("remembered for too long")
		}
	})
}

// A poll that is open when the session has changed over may have taken the signal that
// was meant for the WebSocket's writer.
func TestPollHandsTheSignalOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		if no := s.beginPoll(httptest.NewRequest(http.MethodGet, "/", nil)); no != nil {
			t.Fatal(no)
		}
		u := s.beginUpgrade()
		s.endUpgrade(u, true)
		s.out.force(Message{data: []byte("4x")})
		<-s.out.ready
		if got := s.endPoll(); string(got) != "6" {
			t.Errorf("the poll = %q, want a noop", got)
		}
		if len(s.out.ready) != 1 {
			t.Error("the writer is not told of the message")
		}
	})
}

// A client that comes back for nothing stops whoever sends to it, and is cut.
func TestStalledPollerIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{Outbox: 3, PingInterval: time.Hour, ConnectTimeout: time.Hour})
		m := mustEncode(t, "x")
		for range 3 {
			if err := s.send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		go func() {
			pass(9 * time.Second)
			s.out.take() // takes a little: the time starts again
		}()
		if err := s.send(t.Context(), m); err != nil || time.Since(start) != 9*time.Second {
			t.Errorf("send with room after 9 s: %v after %v", err, time.Since(start))
		}
		err := s.send(t.Context(), m)
		wantDisconnected(t, "send", err)
		if got := time.Since(start); got != 19*time.Second {
			t.Errorf("cut after %v, want 19 s", got)
		}
		if got := s.engine.stalled.Load(); got != 1 {
			t.Errorf("stalled = %d, want 1", got)
		}
	})
}

// TestWhoNeverJoinsIsNotSlow: with the usual options the time to join ends with that to
// answer the first heartbeat.
func TestWhoNeverJoinsIsNotSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := idle(t, Options{})
		pass(45 * time.Second)
		synctest.Wait()
		if got := reasonOf(s); got != "no namespace was joined in time" || s.engine.timeouts.Load() != 0 {
			t.Errorf("ended for %q, with %d timeouts counted; want it to be unused, and none", got, s.engine.timeouts.Load())
		}
	})
}
