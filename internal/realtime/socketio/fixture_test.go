package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// bed is a server under test, on a port of its own.
type bed struct {
	*Server
	t   *testing.T
	url string
	web *http.Client
}

func newBed(t *testing.T, opts Options) *bed {
	t.Helper()
	return newBedOn(t, New(opts), nil)
}

// newBedOn serves a handler that may wrap the server, as configure says.
func newBedOn(t *testing.T, s *Server, configure func(*httptest.Server)) *bed {
	t.Helper()
	web := httptest.NewUnstartedServer(s)
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if configure != nil {
		configure(web)
	}
	web.Start()
	b := &bed{Server: s, t: t, url: web.URL, web: web.Client()}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		web.Close()
	})
	return b
}

// request makes a request below /socket.io/ and returns the answer's status and body.
func (b *bed) request(method, query, body string) (*http.Response, string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.url+"/socket.io/?"+query, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.web.Do(req)
	if err != nil {
		b.t.Fatalf("%s ?%s: %v", method, query, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("%s ?%s: body: %v", method, query, err)
	}
	return res, string(text)
}

// poller is a client over long polling.
type poller struct {
	*bed
	sid string
}

func (b *bed) poller() *poller {
	b.t.Helper()
	res, body := b.request(http.MethodGet, "EIO=4&transport=polling", "")
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("handshake: %d %s", res.StatusCode, body)
	}
	return &poller{bed: b, sid: sidOf(b.t, body)}
}

func sidOf(t *testing.T, open string) string {
	t.Helper()
	var hello struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(open, "0")), &hello); err != nil || hello.SID == "" {
		t.Fatalf("open packet %q: %v", open, err)
	}
	return hello.SID
}

func (p *poller) query() string { return "EIO=4&transport=polling&sid=" + p.sid }

func (p *poller) get() (int, string) {
	p.t.Helper()
	res, body := p.request(http.MethodGet, p.query(), "")
	return res.StatusCode, body
}

func (p *poller) post(body string) (int, string) {
	p.t.Helper()
	res, text := p.request(http.MethodPost, p.query(), body)
	return res.StatusCode, text
}

// wantGet polls and compares.
func (p *poller) wantGet(status int, body string) {
	p.t.Helper()
	if s, got := p.get(); s != status || body != "" && got != body {
		p.t.Errorf("GET = %d %q, want %d %q", s, got, status, body)
	}
}

// wantPost posts and compares.
func (p *poller) wantPost(packets string, status int) {
	p.t.Helper()
	if s, got := p.post(packets); s != status {
		p.t.Errorf("POST %q = %d %q, want %d", packets, s, got, status)
	}
}

// getLater polls in the background and hands over status and body.
func (p *poller) getLater() <-chan string {
	done := make(chan string, 1)
	go func() {
		res, body := p.request(http.MethodGet, p.query(), "")
		done <- res.Status[:3] + " " + body
	}()
	eventually(p.t, "a poll is open", func() bool {
		s := p.engine.find(p.sid)
		if s == nil {
			return true // it was open, and has ended
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.inPoll
	})
	return done
}

// line is a client over WebSocket.
type line struct {
	*websocket.Conn
	t   *testing.T
	sid string
}

// dial opens a WebSocket without reading from it.
func (b *bed) dial(query string) *line {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(b.url, "http")+"/socket.io/?EIO=4&transport=websocket"+query, nil)
	if err != nil {
		b.t.Fatalf("dial: %v", err)
	}
	conn.SetReadLimit(1 << 24)
	b.t.Cleanup(func() { conn.CloseNow() })
	return &line{Conn: conn, t: b.t}
}

// line opens a session over WebSocket.
func (b *bed) line() *line {
	b.t.Helper()
	l := b.dial("")
	l.sid = sidOf(b.t, l.next())
	return l
}

// joined opens a session that has joined the root namespace.
func (b *bed) joined() *line {
	b.t.Helper()
	l := b.line()
	l.send("40")
	if got := l.next(); !strings.HasPrefix(got, `40{"sid":"`) {
		b.t.Fatalf("CONNECT was answered with %q", got)
	}
	return l
}

func (l *line) send(texts ...string) {
	l.t.Helper()
	for _, text := range texts {
		if err := l.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
			l.t.Fatalf("send %.40q: %v", text, err)
		}
	}
}

// receive reads one frame.
func (l *line) receive() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := l.Read(ctx)
	return string(data), err
}

func (l *line) next() string {
	l.t.Helper()
	text, err := l.receive()
	if err != nil {
		l.t.Fatalf("next packet: %v", err)
	}
	return text
}

func (l *line) want(texts ...string) {
	l.t.Helper()
	for _, text := range texts {
		if got := l.next(); got != text {
			l.t.Fatalf("next packet = %q, want %q", got, text)
		}
	}
}

// wantClose reads until the connection is closed with this code.
func (l *line) wantClose(code websocket.StatusCode) {
	l.t.Helper()
	for {
		_, err := l.receive()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			l.t.Errorf("closed with %v (%v), want %v", got, err, code)
		}
		return
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond) // polls a state that nothing announces
	}
}

// echo is a handler that sends an event back: as acknowledgement if one is asked for.
func echo(ctx context.Context, s *Socket, e Event) error {
	args := make([]any, len(e.Args))
	for i, arg := range e.Args {
		args[i] = arg
		var stands struct {
			Placeholder bool `json:"_placeholder"`
			Num         int  `json:"num"`
		}
		if json.Unmarshal(arg, &stands) == nil && stands.Placeholder {
			args[i] = e.Attachments[stands.Num]
		}
	}
	if e.Ack != nil {
		return e.Ack(ctx, args...)
	}
	return s.Emit(ctx, e.Name, args...)
}

func mustEncode(t testing.TB, event string, args ...any) Message {
	t.Helper()
	m, err := Encode(event, args...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantDisconnected(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, ErrDisconnected) {
		t.Errorf("%s: error = %v, want one that wraps ErrDisconnected", what, err)
	}
}
