package cutter

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is one client's connection and the one to the server that belongs to it.
type link struct {
	proxy    *Proxy
	client   net.Conn
	server   net.Conn
	gone     atomic.Bool
	stranded atomic.Bool
	done     chan struct{} // closed once gone
}

// chunk is what was read at once, and when it may go on.
type chunk struct {
	bytes []byte
	due   time.Time
}

// cut resets both connections, and says whether they were open until then. It is counted
// before anybody can notice.
func (l *link) cut() bool {
	if l.gone.Swap(true) {
		return false
	}
	l.proxy.cuts.Add(1)
	reset(l.client)
	reset(l.server)
	close(l.done)
	return true
}

// end closes both connections in order: what was sent still arrives.
func (l *link) end() {
	if !l.gone.Swap(true) {
		_ = l.client.Close()
		_ = l.server.Close()
		close(l.done)
	}
}

// reset closes a connection so that its other end sees an error, not an end.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// forward forwards in both directions and returns once both connections are gone.
func (l *link) forward() {
	var work sync.WaitGroup
	work.Go(func() { l.pump(ToServer, l.client, l.server) })
	work.Go(func() { l.pump(ToClient, l.server, l.client) })
	work.Wait()
}

// pump forwards in one direction. Reading and writing go on side by side, so that a delay
// holds up nothing behind it.
func (l *link) pump(d Direction, from, to net.Conn) {
	chunks := make(chan chunk, 256)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(chunks)
		l.read(d, from, chunks)
	})
	l.write(d, to, chunks)
	l.end()
	reader.Wait()
}

func (l *link) read(d Direction, from net.Conn, into chan<- chunk) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			c := chunk{bytes: append([]byte(nil), buf[:n]...)}
			if late := time.Duration(l.proxy.latency.Load()); late > 0 && d == ToClient {
				c.due = time.Now().Add(late)
			}
			select {
			case into <- c:
			case <-l.done:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// write returns once there is no more to write, or the link is gone.
func (l *link) write(d Direction, to net.Conn, chunks <-chan chunk) {
	for c := range chunks {
		if !l.await(c.due) {
			return
		}
		may, cut := l.proxy.spend(d, int64(len(c.bytes)))
		if _, err := to.Write(c.bytes[:may]); err != nil {
			return
		}
		if cut {
			l.cut()
			return
		}
	}
}

// await waits until it is due and the proxy lets bytes through; false: the link is gone.
func (l *link) await(due time.Time) bool {
	if !due.IsZero() {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.done:
			return false
		}
	}
	flow := l.proxy.gate()
	if l.stranded.Load() {
		flow = nil // never
	}
	select {
	case <-flow:
		return true
	case <-l.done:
		return false
	}
}
