package socketio

import "time"

// heartbeat is the part of a session that depends on time. Every deadline is a point in
// time that is computed from the one before and not from when a timer got to run, so a
// busy machine does not add to what a client is allowed. One timer, for the next of
// them, serves all.
type heartbeat struct {
	timer  *time.Timer
	pingAt time.Time // the next ping
	pongBy time.Time // for the ping that is out; zero if none is
	joinBy time.Time // for a namespace; zero if there is one
}

// startHeartbeat needs mu held.
func (s *session) startHeartbeat(now time.Time) {
	s.pingAt = now.Add(s.engine.opts.PingInterval)
	s.joinBy = now.Add(s.engine.opts.ConnectTimeout)
	s.timer = time.AfterFunc(s.nextBeat().Sub(now), s.beat)
}

// beat does what is due.
func (s *session) beat() {
	s.mu.Lock()
	now := time.Now()
	var end ending
	switch {
	case s.ended:
	case isDue(s.joinBy, now): // before the heartbeat, which is due with it: nobody was too slow
		end = endUnused()
	case isDue(s.pongBy, now):
		end = endHeartbeat()
	default:
		if s.pongBy.IsZero() && isDue(s.pingAt, now) {
			s.ping()
		}
		s.rearm(now)
	}
	s.mu.Unlock()
	if end.reason != "" {
		s.close(end)
	}
}

// ping needs mu held.
func (s *session) ping() {
	s.pongBy = s.pingAt.Add(s.engine.opts.PingTimeout)
	s.pingAt = s.pingAt.Add(s.engine.opts.PingInterval)
	s.out.force(Message{data: []byte{enginePing}})
}

// pong takes the client's answer to a ping.
func (s *session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pongBy = time.Time{}
	s.rearm(time.Now())
}

// rearm sets the timer to the next deadline. It needs mu held.
func (s *session) rearm(now time.Time) {
	if !s.ended {
		s.timer.Reset(max(0, s.nextBeat().Sub(now)))
	}
}

// nextBeat needs mu held.
func (s *session) nextBeat() time.Time {
	next := s.pingAt
	if !s.pongBy.IsZero() {
		next = s.pongBy
	}
	if !s.joinBy.IsZero() && s.joinBy.Before(next) {
		next = s.joinBy
	}
	return next
}

func isDue(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }
