package socketio

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/coder/websocket"
)

// ErrDisconnected is what calls on a socket return once it is gone; the text around it
// says why it went.
var ErrDisconnected = errors.New("socket is disconnected")

var (
	errBinary   = errors.New("binary data is not accepted")
	errTooLarge = errors.New("packet is too large")
)

// ending is why a session ends, and how its transport says so.
type ending struct {
	reason string
	code   websocket.StatusCode
	// poll is the packet that an open poll is answered with.
	poll byte
	// abrupt says that nothing more is written to a WebSocket.
	abrupt bool
	// count is the counter of such endings, if there is one.
	count func(*counters) *atomic.Uint64
}

// The reasons are those that the family of servers uses.
func endTransport() ending {
	return ending{reason: "transport close", code: websocket.StatusNormalClosure, poll: engineNoop, abrupt: true}
}

func endByClient() ending {
	return ending{reason: "transport close", code: websocket.StatusNormalClosure, poll: engineNoop}
}

func endShutdown() ending {
	return ending{reason: "server shutting down", code: websocket.StatusGoingAway, poll: engineClose}
}

func endHeartbeat() ending {
	return ending{
		reason: "ping timeout", code: websocket.StatusNormalClosure, poll: engineClose,
		count: func(c *counters) *atomic.Uint64 { return &c.timeouts },
	}
}

func endUnused() ending {
	return ending{reason: "no namespace was joined in time", code: websocket.StatusPolicyViolation, poll: engineClose}
}

func endStalled() ending {
	return ending{
		reason: "client takes nothing", code: websocket.StatusPolicyViolation, poll: engineClose, abrupt: true,
		count: func(c *counters) *atomic.Uint64 { return &c.stalled },
	}
}

func endDropped(reason string) ending {
	return ending{reason: reason, code: websocket.StatusTryAgainLater, poll: engineClose, abrupt: true}
}

// endMalformed ends a session whose client broke the protocol.
func endMalformed(err error) ending {
	e := ending{
		reason: fmt.Sprintf("parse error: %v", err), code: websocket.StatusProtocolError, poll: engineClose,
		count: func(c *counters) *atomic.Uint64 { return &c.errors },
	}
	switch {
	case errors.Is(err, errBinary):
		e.code = websocket.StatusUnsupportedData
	case errors.Is(err, errTooLarge):
		e.code = websocket.StatusMessageTooBig
	}
	return e
}
