package socketio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Connects that lead nowhere are refused, and those who are connected notice nothing.
func TestPendingSessionsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{MaxPending: 10, Handle: echo})
	l := b.joined()
	p := b.poller()
	opened := 1 // the poller
	for range 200 {
		res, body := b.request(http.MethodGet, "EIO=4&transport=polling", "")
		switch {
		case res.StatusCode == http.StatusOK:
			opened++
		case res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `"code":4`):
			t.Fatalf("refused with %d %s", res.StatusCode, body)
		}
	}
	if opened != 10 {
		t.Errorf("%d sessions are pending, want 10", opened)
	}
	if _, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(b.url, "http")+"/socket.io/?EIO=4&transport=websocket", nil); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a WebSocket beyond the limit: %v", err)
	}
	l.send(`421["alive"]`)
	l.want("431[]")
	p.wantPost("40", http.StatusOK) // one that joins makes room
	p.get()
	b.poller()
	if got := b.Stats(); got.Refused != 192 || got.Sessions != 12 {
		t.Errorf("Stats = %+v", got)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{MaxSessions: 2})
	first := b.joined()
	b.joined()
	if res, _ := b.request(http.MethodGet, "EIO=4&transport=polling", ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a third session = %d", res.StatusCode)
	}
	first.send("1")
	first.wantClose(websocket.StatusNormalClosure)
	b.joined()
}

// Pitfall (k), the sizes.
func TestOversizeEndsTheSession(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{MaxPayload: 1000, Handle: echo})
	event := func(size int) string { return `42["` + strings.Repeat("x", size-6) + `"]` }

	l := b.joined()
	l.send(event(1000))
	l.want(event(1000))
	for range 5 {
		l.send(event(900)) // none of which counts any more when the next has come
		l.want(event(900))
	}
	l.send(event(1001))
	l.wantClose(websocket.StatusMessageTooBig)

	l = b.joined()
	l.send(`452-["x"]`)
	for range 2 {
		l.Write(t.Context(), websocket.MessageBinary, make([]byte, 600))
	}
	l.wantClose(websocket.StatusMessageTooBig)

	for _, known := range []bool{true, false} {
		p := b.poller()
		p.wantPost("40", http.StatusOK)
		p.get()
		p.wantPost(event(1000), http.StatusOK)
		p.wantGet(http.StatusOK, event(1000))
		var body io.Reader = strings.NewReader(event(1001))
		if !known {
			body = struct{ io.Reader }{body} // its length is not announced
		}
		req, _ := http.NewRequest(http.MethodPost, b.url+"/socket.io/?"+p.query(), body)
		res, err := b.web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("POST of 1001 bytes, announced: %v = %d", known, res.StatusCode)
		}
		p.wantGet(http.StatusBadRequest, "")
	}
	eventually(t, "all four are counted and gone", func() bool { s := b.Stats(); return s.Errors == 4 && s.Sessions == 0 })
}

// Pitfall (k), the attachments; and text only.
func TestBinaryIsBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo})
	l := b.joined()
	l.send(`4511-["x"]`)
	l.wantClose(websocket.StatusProtocolError)
	l = b.joined()
	l.Write(t.Context(), websocket.MessageBinary, []byte{1})
	l.wantClose(websocket.StatusProtocolError)

	b = newBed(t, Options{MaxAttachments: -1, Handle: echo})
	for _, text := range []string{`451-["x",{"_placeholder":true,"num":0}]`, "bAQID"} {
		l = b.joined()
		l.send(text)
		l.wantClose(websocket.StatusUnsupportedData)
	}
	l = b.joined()
	l.Write(t.Context(), websocket.MessageBinary, []byte{1})
	l.wantClose(websocket.StatusUnsupportedData)
}

// Pitfall (h): a client that never reads holds up who sends to it, for a while and no more.
func TestStalledWebSocketIsCut(t *testing.T) {
	t.Parallel()
	for name, messages := range map[string]int{"many": 1_000_000, "one": 1} {
		t.Run(name, func(t *testing.T) { t.Parallel(); stall(t, messages) })
	}
}

// stall lets a server send messages of 16 MB to a client that does not read.
func stall(t *testing.T, messages int) {
	gone := make(chan error, 1)
	b := newBed(t, Options{Outbox: 2, WriteTimeout: 50 * time.Millisecond, Serve: func(ctx context.Context, s *Socket) {
		m, err := Encode("x", string(bytes.Repeat([]byte("x"), 16<<20)))
		for range messages {
			if err == nil {
				err = s.Send(context.Background(), m)
			}
		}
		<-ctx.Done()
		gone <- context.Cause(ctx)
	}})
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	conn.Write([]byte{0x81, 0x82, 0, 0, 0, 0, '4', '0'}) // a masked frame: CONNECT
	wantDisconnected(t, "Send", <-gone)
	eventually(t, "the session is gone", func() bool { s := b.Stats(); return s.Stalled == 1 && s.Sessions == 0 && s.WebSocket == 0 })
}

// A client that sends faster than its events are handled is not read from.
func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	var gate atomic.Pointer[chan struct{}]
	shut := func() chan struct{} { c := make(chan struct{}); gate.Store(&c); return c }
	release := shut()
	b := newBed(t, Options{Handle: func(context.Context, *Socket, Event) error { <-*gate.Load(); return nil }})
	l := b.joined()
	s := socketOf(b, l.sid)
	for range maxWaiting + 50 {
		l.send(`42["x"]`)
	}
	eventually(t, "the reader waits for room", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.inbox.room != nil })
	s.mu.Lock()
	if got := len(s.inbox.tasks); got != maxWaiting {
		t.Errorf("%d events wait, want %d", got, maxWaiting)
	}
	s.mu.Unlock()
	close(release)
	eventually(t, "all are handled", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.inbox.tasks) == 0 && !s.inbox.running })

	release = shut() // and one that is blocked so can be ended
	for range maxWaiting + 2 {
		l.send(`42["x"]`)
	}
	eventually(t, "the reader waits for room", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.inbox.room != nil })
	defer close(release)
	b.engine.find(l.sid).close(endTransport())
	eventually(t, "the session is gone", func() bool { return b.Stats().WebSocket == 0 })
}

func TestPollMakesRoom(t *testing.T) {
	t.Parallel()
	const messages = 50
	b := newBed(t, Options{Outbox: 2, Serve: func(ctx context.Context, s *Socket) {
		for i := range messages {
			if err := s.Emit(ctx, "n", i); err != nil {
				t.Errorf("Emit: %v", err)
			}
		}
		<-ctx.Done()
	}})
	p := b.poller()
	p.wantPost("40", http.StatusOK)
	var got []string
	for len(got) < messages+1 {
		_, body := p.get()
		got = append(got, strings.Split(body, "\x1e")...)
	}
	for i, text := range got[1:] {
		if want := fmt.Sprintf(`42["n",%d]`, i); text != want {
			t.Fatalf("packet %d = %q, want %q", i, text, want)
		}
	}
}

func TestOutboxKeepsOrderAndBound(t *testing.T) {
	t.Parallel()
	o := newOutbox(4)
	n, next := 0, 0
	for range 1000 {
		for o.offer(Message{head: n}) == nil {
			n++
		}
		for range n%3 + 1 {
			m, ok := o.take()
			if !ok || m.head != next {
				t.Fatalf("take = %d, %v; want %d", m.head, ok, next)
			}
			next++
		}
	}
	if n-next > 4 || cap(o.queue) > 16 {
		t.Errorf("%d wait in room for %d", n-next, cap(o.queue))
	}
	o.force(Message{head: n})
	if all := o.takeAll(); len(all) != n-next+1 || all[0].head != next || all[len(all)-1].head != n {
		t.Errorf("takeAll = %v", all)
	}
}

func BenchmarkSend(b *testing.B) {
	o := newOutbox(64)
	m := mustEncode(b, "status", map[string]int{"n": 1})
	b.ReportAllocs()
	for b.Loop() {
		if err := o.put(b.Context(), b.Context(), time.Second, m); err != nil {
			b.Fatal(err)
		}
		o.take()
	}
}
