package socketio

import "sync/atomic"

// Stats describe a Server. What is current is a moment's picture, taken field by field;
// what is a total counts from the server's beginning.
type Stats struct {
	Sessions  int // current sessions of Engine.IO
	Sockets   int // current connected sockets; a session has one per namespace
	Polling   int // current sessions over long polling
	WebSocket int // current sessions over WebSocket

	Opened   uint64 // sessions that were opened
	Refused  uint64 // sessions that were not, because of a limit or their origin
	Stalled  uint64 // sessions that were cut because the client took nothing
	Timeouts uint64 // sessions whose client left a heartbeat unanswered
	Errors   uint64 // sessions that ended because the client broke the protocol
}

type counters struct {
	sockets, polling, webSocket                atomic.Int64
	opened, refused, stalled, timeouts, errors atomic.Uint64
}

// Stats returns what the server holds and has counted.
func (s *Server) Stats() Stats {
	c := &s.engine.counters
	return Stats{
		Sessions:  s.engine.count(),
		Sockets:   int(c.sockets.Load()),
		Polling:   int(c.polling.Load()),
		WebSocket: int(c.webSocket.Load()),
		Opened:    c.opened.Load(),
		Refused:   c.refused.Load(),
		Stalled:   c.stalled.Load(),
		Timeouts:  c.timeouts.Load(),
		Errors:    c.errors.Load(),
	}
}
