package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/coder/websocket"
)

// Peer is a client of a Socket.IO server, over WebSocket, in the root namespace: enough
// to test and to measure a server with. It does not reconnect, and takes no binary data.
type Peer struct {
	conn *websocket.Conn
	buf  bytes.Buffer
}

// DialOptions say how to be a client. The zero value is ready to use.
type DialOptions struct {
	Auth       any // goes along with CONNECT, as JSON; nil: nothing
	ReadBuffer int // the kernel's receive buffer, in bytes; 0: the system's default
	// Header goes along with the request.
	Header http.Header
}

// peerLimit is how long a packet to a Peer may be.
const peerLimit = 1 << 20

// Dial joins the root namespace of the server at base, such as http://127.0.0.1:3000.
func Dial(ctx context.Context, base string, opts DialOptions) (*Peer, error) {
	at, err := url.JoinPath(base, "socket.io/")
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn, answer, err := websocket.Dial(ctx, at+"?EIO=4&transport=websocket", &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: peerTransport(opts.ReadBuffer)},
		HTTPHeader:      opts.Header,
		CompressionMode: websocket.CompressionDisabled,
	})
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close() // there is nothing in it
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(peerLimit)
	p := &Peer{conn: conn}
	if err := p.join(ctx, opts.Auth); err != nil {
		return nil, errors.Join(fmt.Errorf("dial: %w", err), conn.CloseNow())
	}
	return p, nil
}

// peerTransport dials once; the kernel buffers little if it is told to.
func peerTransport(readBuffer int) *http.Transport {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok && readBuffer > 0 {
			_ = tcp.SetReadBuffer(readBuffer) // it buffers more otherwise, that is all
		}
		return conn, err
	}
	return &http.Transport{DialContext: dial, DisableKeepAlives: true}
}

// join waits for the handshake and joins the root namespace.
func (p *Peer) join(ctx context.Context, auth any) error {
	if kind, text, err := p.packet(ctx); err != nil || kind != engineOpen {
		return errors.Join(fmt.Errorf("the server begins with %q%.100s", kind, text), err)
	}
	join := []byte{engineMessage, packetConnect}
	if auth != nil {
		payload, err := json.Marshal(auth)
		if err != nil {
			return err
		}
		join = append(join, payload...)
	}
	if err := p.conn.Write(ctx, websocket.MessageText, join); err != nil {
		return err
	}
	kind, text, err := p.packet(ctx)
	if err == nil && (kind != engineMessage || len(text) == 0 || text[0] != packetConnect) {
		err = fmt.Errorf("the server answers %q%.100s to CONNECT", kind, text)
	}
	return err
}

// packet reads the next packet of Engine.IO that is no heartbeat, and answers those. The
// text is good until the next call.
func (p *Peer) packet(ctx context.Context) (kind byte, text []byte, err error) {
	for {
		_, r, err := p.conn.Reader(ctx)
		if err != nil {
			return 0, nil, err
		}
		p.buf.Reset()
		if _, err := p.buf.ReadFrom(r); err != nil {
			return 0, nil, err
		}
		text := p.buf.Bytes()
		switch {
		case len(text) == 0:
			return 0, nil, errors.New("empty packet")
		case text[0] != enginePing:
			return text[0], text[1:], nil
		}
		if err := p.conn.Write(ctx, websocket.MessageText, []byte{enginePong}); err != nil {
			return 0, nil, err
		}
	}
}

// Next returns the next event: its name, and the array that it stands in, undecoded and
// good until the next call. Heartbeats are answered while it waits, and only then.
func (p *Peer) Next(ctx context.Context) (name string, array []byte, err error) {
	for {
		kind, text, err := p.packet(ctx)
		switch {
		case err != nil:
			return "", nil, err
		case kind == engineClose:
			return "", nil, ErrDisconnected
		case kind != engineMessage || len(text) == 0 || text[0] != packetEvent:
			continue
		}
		array := text[1:]
		name, _, _ := bytes.Cut(bytes.TrimPrefix(array, []byte(`["`)), []byte{'"'})
		return string(name), array, nil
	}
}

// Emit sends an event. It asks for no acknowledgement.
func (p *Peer) Emit(ctx context.Context, event string, args ...any) error {
	m, err := Encode(event, args...)
	if err != nil {
		return err
	}
	return p.conn.Write(ctx, websocket.MessageText, m.data)
}

// Close leaves without a word.
func (p *Peer) Close() error { return p.conn.CloseNow() }
