package mongotest

import (
	"bufio"
	"net"
	"time"
)

// keptBuffer is how large a buffer a connection keeps between messages, in bytes.
const keptBuffer = 1 << 20

// conn is a client's connection.
type conn struct {
	srv    *Server
	nc     net.Conn
	id     int32
	user   string // once authenticated
	login  *conversation
	gone   chan struct{} // closed when it is cut
	input  []byte
	output []byte
}

func newConn(s *Server, nc net.Conn) *conn {
	return &conn{srv: s, nc: nc, id: s.nextConn.Add(1), gone: make(chan struct{})}
}

// serve answers messages until the connection ends.
func (c *conn) serve() {
	defer c.srv.gone(c)
	defer c.close()
	r := bufio.NewReaderSize(c.nc, 64<<10)
	for {
		m, err := read(r, &c.input)
		if err != nil {
			return
		}
		c.output = c.output[:0]
		out, ok := c.srv.answer(c, &m, c.output)
		if !ok {
			return
		}
		if len(out) > 0 {
			if _, err := c.nc.Write(out); err != nil {
				return
			}
		}
		c.output = out
		if cap(c.output) > keptBuffer {
			c.output = nil
		}
		if cap(c.input) > keptBuffer {
			c.input = nil
		}
	}
}

// cut closes the connection from outside. The server's mu is held.
func (c *conn) cut() {
	select {
	case <-c.gone:
	default:
		close(c.gone)
	}
	c.close()
}

// close ends the connection. One that is closed already, or broken, has nothing to report.
func (c *conn) close() { _ = c.nc.Close() }

// wait waits, or until the connection is cut, and says whether it is still there.
func (c *conn) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.gone:
		return false
	}
}
