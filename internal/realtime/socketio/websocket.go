package socketio

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// farewellTime is how long the closing handshake of a WebSocket may take.
const farewellTime = time.Second

// wire is the network connection below a WebSocket.
type wire struct {
	net.Conn
	limit   time.Duration // a piece of what is written must be taken within it
	stalled atomic.Bool   // one was not
}

// wirePiece is how many bytes share one deadline.
const wirePiece = 64 << 10

func (c *wire) Write(p []byte) (int, error) {
	written := 0
	for {
		piece := p[written:min(len(p), written+wirePiece)]
		if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(piece)
		written += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.stalled.Store(true)
		}
		if err != nil || written == len(p) {
			return written, err
		}
	}
}

// tap is a ResponseWriter that keeps the connection it hands over, so that its deadlines
// and buffers can be set.
type tap struct {
	http.ResponseWriter
	opts *Options
	wire *wire
}

// Hijack implements [http.Hijacker].
func (t *tap) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	shrinkSendBuffer(conn, t.opts.WriteBuffer)
	t.wire = &wire{Conn: conn, limit: t.opts.WriteTimeout}
	buffers.Writer.Reset(t.wire)
	return t.wire, buffers, nil
}

// shrinkSendBuffer sets the kernel's buffer, where there is one below conn.
func shrinkSendBuffer(conn net.Conn, size int) {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(size) // a larger one notices a stalled client later
	}
}

// pipe is a WebSocket and the connection below it.
type pipe struct {
	*websocket.Conn
	wire *wire
}

// accept makes a WebSocket of a request, or answers it. The origin was checked; nothing is
// ever compressed.
func (e *engine) accept(w http.ResponseWriter, r *http.Request) (*pipe, error) {
	t := &tap{ResponseWriter: w, opts: &e.opts}
	conn, err := websocket.Accept(t, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(int64(e.opts.MaxPayload))
	return &pipe{Conn: conn, wire: t.wire}, nil
}

// openWebSocket opens a session over WebSocket.
func (e *engine) openWebSocket(w http.ResponseWriter, r *http.Request) *refusal {
	s, no := e.open(r, webSocket)
	if no != nil {
		return no
	}
	s.out.force(Message{data: s.handshake()})
	conn, err := e.accept(w, r)
	if err != nil || !e.spawn(func() { s.read(conn) }) || !e.spawn(func() { s.write(conn) }) {
		s.close(endTransport())
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
	return nil
}

// read takes what comes over a WebSocket until the session ends.
func (s *session) read(conn *pipe) {
	for {
		kind, data, err := conn.Read(context.Background()) // ends when the writer closes the connection
		if errors.Is(err, websocket.ErrMessageTooBig) {
			_ = s.malformed(errTooLarge)
			return
		}
		if err != nil {
			s.close(endTransport())
			return
		}
		p := enginePacket{kind: engineMessage, data: data, binary: true}
		if kind == websocket.MessageText {
			p, err = decodeEngine(data)
		}
		if err != nil {
			_ = s.malformed(err)
			return
		}
		if s.receive(p) != nil {
			return
		}
	}
}

// write sends what waits for the client, each packet in a frame of its own, until the
// session ends. It closes the connection.
func (s *session) write(conn *pipe) {
	// Its farewell begins when a session ends, also where something is still being written.
	defer context.AfterFunc(s.ctx, func() { time.AfterFunc(farewellTime, func() { _ = conn.wire.Close() }) })()
	for s.ctx.Err() == nil {
		m, ok := s.out.take()
		if !ok {
			select {
			case <-s.out.ready:
			case <-s.ctx.Done():
			}
			continue
		}
		if err := writeMessage(conn, m); err != nil {
			if conn.wire.stalled.Load() {
				s.close(endStalled())
			}
			s.close(endTransport())
		}
	}
	s.farewell(conn)
}

func writeMessage(conn *pipe, m Message) error {
	if m.data != nil {
		if err := conn.Write(context.Background(), websocket.MessageText, m.data); err != nil {
			return err
		}
	}
	for _, a := range m.attachments {
		if err := conn.Write(context.Background(), websocket.MessageBinary, a); err != nil {
			return err
		}
	}
	return nil
}

// farewell closes the connection of a session that has ended; what waits is still sent.
// Whoever does not take it soon is not waited for.
func (s *session) farewell(conn *pipe) {
	s.mu.Lock()
	end := s.end
	s.mu.Unlock()
	if end.abrupt {
		_ = conn.CloseNow()
		return
	}
	for _, m := range append(s.out.takeAll(), Message{data: []byte{engineClose}}) {
		if writeMessage(conn, m) != nil {
			break // the handshake below notices
		}
	}
	_ = conn.Close(end.code, "")
}
