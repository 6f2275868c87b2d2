package socketio

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	res, body := b.request(http.MethodGet, "EIO=4&transport=polling&t=abc", "")
	if got := res.Header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("Content-Type = %q", got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q", got)
	}
	want := `0{"maxPayload":1000000,"pingInterval":25000,"pingTimeout":20000,"sid":"*","upgrades":["websocket"]}`
	if got := strings.Replace(body, sidOf(t, body), "*", 1); got != want {
		t.Errorf("open packet = %s, want %s", got, want)
	}
	l := b.dial("")
	body = l.next()
	want = strings.Replace(want, `["websocket"]`, "[]", 1)
	if got := strings.Replace(body, sidOf(t, body), "*", 1); got != want {
		t.Errorf("open packet = %s, want %s", got, want)
	}
	if got := b.Stats(); got.Sessions != 2 || got.Polling != 1 || got.WebSocket != 1 || got.Opened != 2 || got.Sockets != 0 {
		t.Errorf("Stats = %+v", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	p := b.poller()
	for _, c := range []struct {
		method, query string
		code          int
	}{
		{http.MethodGet, "EIO=4", 0},
		{http.MethodGet, "EIO=4&transport=abc", 0},
		{http.MethodGet, "EIO=4&transport=polling&sid=unknown", 1},
		{http.MethodPost, "EIO=4&transport=polling&sid=unknown", 1},
		{http.MethodPost, "EIO=4&transport=polling", 2},
		{http.MethodPut, "EIO=4&transport=polling", 2},
		{http.MethodGet, "EIO=4&transport=websocket", 3},
		{http.MethodPut, p.query(), 3},
		{http.MethodGet, "transport=polling", 5},
		{http.MethodGet, "EIO=3&transport=polling", 5},
		{http.MethodGet, "EIO=abc&transport=polling", 5},
	} {
		res, body := b.request(c.method, c.query, "")
		var no struct {
			Code    int
			Message string
		}
		if err := json.Unmarshal([]byte(body), &no); err != nil || res.StatusCode != http.StatusBadRequest || no.Code != c.code || no.Message == "" {
			t.Errorf("%s ?%s = %d %s, want 400 with code %d", c.method, c.query, res.StatusCode, body, c.code)
		}
	}
	p.wantPost("6", http.StatusOK) // none of it harmed the session
}

func TestOriginIsCheckedOnEveryRequest(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	host := strings.TrimPrefix(b.url, "http://")
	for origin, want := range map[string]int{
		"":                      http.StatusOK,
		b.url:                   http.StatusOK,
		"https://" + host:       http.StatusOK,
		"http://evil.example":   http.StatusForbidden,
		"http://" + host + ".x": http.StatusForbidden,
		"null":                  http.StatusForbidden,
		"://":                   http.StatusForbidden,
	} {
		for _, transport := range []string{"polling", "websocket"} {
			req, _ := http.NewRequest(http.MethodGet, b.url+"/socket.io/?EIO=4&transport="+transport, nil)
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			want := want
			if transport == "websocket" {
				req.Header.Set("Connection", "Upgrade")
				req.Header.Set("Upgrade", "websocket")
				req.Header.Set("Sec-WebSocket-Version", "13")
				req.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
				if want == http.StatusOK {
					want = http.StatusSwitchingProtocols
				}
			}
			res, err := b.web.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s from origin %q = %d, want %d", transport, origin, res.StatusCode, want)
			}
		}
	}
}

func TestPollingCarriesSeveralPackets(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo})
	p := b.poller()
	p.wantPost("40", http.StatusOK)
	if status, body := p.get(); status != http.StatusOK || !strings.HasPrefix(body, "40{") {
		t.Fatalf("GET = %d %q", status, body)
	}
	later := p.getLater()
	p.wantPost(`421["a"]`, http.StatusOK)
	if got := <-later; got != `200 431[]` {
		t.Errorf("open poll = %q", got)
	}
	p.wantPost("42[\"x\",\"é\"]\x1e451-[\"y\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID\x1e422[\"z\"]", http.StatusOK)
	var got string
	for strings.Count(got, "\x1e") < 3 {
		status, body := p.get()
		if status != http.StatusOK {
			t.Fatalf("GET = %d %q", status, body)
		}
		if got != "" {
			got += "\x1e"
		}
		got += body
	}
	if want := "42[\"x\",\"é\"]\x1e451-[\"y\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID\x1e432[]"; got != want {
		t.Errorf("echoed %q, want %q", got, want)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo, UpgradeTimeout: time.Second, PingInterval: 1200 * time.Millisecond})
	p := b.poller()
	p.wantPost("40", http.StatusOK)
	p.get()
	later := p.getLater()
	l := b.dial("&sid=" + p.sid)
	l.send("2probe")
	l.want("3probe")
	if got := <-later; got != "200 6" {
		t.Errorf("the open poll = %q, want a noop", got)
	}
	p.wantGet(http.StatusOK, "6") // the client may not have stopped yet
	p.wantPost(`421["still by polling"]`, http.StatusOK)
	p.wantGet(http.StatusOK, "431[]")
	l.send("5", `422["now"]`)
	l.want("432[]")
	if got := b.Stats(); got.Sessions != 1 || got.Polling != 0 || got.WebSocket != 1 {
		t.Errorf("Stats = %+v", got)
	}
	p.wantGet(http.StatusBadRequest, "")
	p.wantPost("3", http.StatusBadRequest)
	l.want("2") // later than an upgrade may take: its deadline is lifted
	l.send("3", `423["alive"]`)
	l.want("433[]")
}

// Pitfall (a): such a WebSocket is accepted, then closed, and disturbs nothing.
func TestSecondWebSocketIsAcceptedAndClosed(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo})
	p := b.poller()
	first := b.dial("&sid=" + p.sid)
	first.send("2probe")
	first.want("3probe")
	b.dial("&sid=" + p.sid).wantClose(websocket.StatusPolicyViolation) // during the upgrade
	first.send("5", "40")
	if got := first.next(); !strings.HasPrefix(got, "40{") {
		t.Fatalf("CONNECT = %q", got)
	}
	b.dial("&sid=" + p.sid).wantClose(websocket.StatusPolicyViolation) // after it
	first.send(`421["alive"]`)
	first.want("431[]")
}

func TestUpgradeThatFailsLeavesTheSessionPolling(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo, UpgradeTimeout: 50 * time.Millisecond})
	p := b.poller()
	p.wantPost("40", http.StatusOK)
	p.get()
	for name, packets := range map[string][]string{
		"no probe":        {"4hello"},
		"no change":       {"2probe", "2probe"},
		"nothing":         nil,
		"nothing further": {"2probe"},
	} {
		l := b.dial("&sid=" + p.sid)
		l.send(packets...)
		for {
			if _, err := l.receive(); err != nil {
				break
			}
		}
		eventually(t, name+": the upgrade is given up", func() bool {
			s := p.engine.find(p.sid)
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.upgrade == nil
		})
		p.wantPost(`421["alive"]`, http.StatusOK)
		p.wantGet(http.StatusOK, "431[]")
	}
}

// Pitfall (b): the packet that completes the upgrade, and a poll, race on two connections.
func TestPollThatRacesTheUpgradeWaitsForIt(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	for range 20 {
		p := b.poller()
		l := b.dial("&sid=" + p.sid)
		l.send("2probe")
		l.want("3probe")
		l.send("5")
		p.wantGet(http.StatusBadRequest, "")
		l.CloseNow()
	}
}

// Pitfall (d): the client closes, and its own poll comes after that.
func TestPollAfterClientClosed(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	p := b.poller()
	later := p.getLater()
	p.wantPost("1", http.StatusOK)
	if got := <-later; got != "200 6" {
		t.Errorf("the open poll = %q, want a noop", got)
	}
	p.wantGet(http.StatusBadRequest, "") // it had its answer

	p = b.poller()
	p.wantPost("1", http.StatusOK)
	p.wantPost("1", http.StatusBadRequest)
	p.wantGet(http.StatusOK, "6")
	p.wantGet(http.StatusBadRequest, "")
}

// Pitfall (e), one half.
func TestTwoPollsAtOnceEndTheSession(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	p := b.poller()
	later := p.getLater()
	p.wantGet(http.StatusBadRequest, "")
	if got := <-later; got != "200 1" {
		t.Errorf("the first poll = %q, want a close packet", got)
	}
	p.wantGet(http.StatusBadRequest, "")
	if got := b.Stats(); got.Errors != 1 || got.Sessions != 0 {
		t.Errorf("Stats = %+v", got)
	}
}

// Pitfall (e), the other half.
func TestPollThatIsCancelledEndsTheSession(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	p := b.poller()
	ctx, cancel := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/socket.io/?"+p.query(), nil)
	done := make(chan error, 1)
	go func() {
		res, err := b.web.Do(req)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	s := p.engine.find(p.sid)
	eventually(t, "the poll is open", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.inPoll })
	cancel()
	if err := <-done; err == nil {
		t.Error("the poll was answered")
	}
	eventually(t, "the session ends", func() bool { return b.Stats().Sessions == 0 })
	p.wantGet(http.StatusBadRequest, "")
}

func TestTwoPostsAtOnceEndTheSession(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	p := b.poller()
	body, feed := io.Pipe()
	done := make(chan int, 1)
	go func() {
		req, _ := http.NewRequest(http.MethodPost, b.url+"/socket.io/?"+p.query(), body)
		res, err := b.web.Do(req)
		if err != nil {
			done <- 0
			return
		}
		res.Body.Close()
		done <- res.StatusCode
	}()
	s := p.engine.find(p.sid)
	eventually(t, "the post is open", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.inPost })
	p.wantPost("3", http.StatusBadRequest)
	feed.Write([]byte("40"))
	feed.Close()
	if got := <-done; got != http.StatusBadRequest {
		t.Errorf("the first post = %d, want 400: the session has ended", got)
	}
	p.wantGet(http.StatusBadRequest, "")
}

// Pitfall (f): a poll outlives the deadlines of the http.Server, through the wrapped
// writers of its middleware.
func TestPollOutlivesTheServersDeadlines(t *testing.T) {
	t.Parallel()
	s := New(Options{PingInterval: 400 * time.Millisecond, PingTimeout: patience})
	b := newBedOn(t, s, func(web *httptest.Server) {
		inner := web.Config.Handler
		web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(wrapped{w}, r)
		})
		web.Config.ReadTimeout = 50 * time.Millisecond
		web.Config.WriteTimeout = 50 * time.Millisecond
	})
	p := b.poller()
	for range 2 {
		p.wantGet(http.StatusOK, "2")
		p.wantPost("3", http.StatusOK)
	}
	l := b.line() // and a WebSocket can be had from such a writer
	l.want("2")
}

type wrapped struct{ inner http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.inner.Header() }
func (w wrapped) Write(p []byte) (int, error) { return w.inner.Write(p) }
func (w wrapped) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.inner }

// Pitfall (g).
func TestNothingIsCompressed(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	req, _ := http.NewRequest(http.MethodGet, b.url+"/socket.io/?EIO=4&transport=polling", nil)
	req.Header.Set("Accept-Encoding", "gzip, br")
	res, err := b.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("polling: Content-Encoding = %q", got)
	}
	conn, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(b.url, "http")+"/socket.io/?EIO=4&transport=websocket",
		&websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("websocket: extensions = %q", got)
	}
}

func TestMalformedPacketEndsTheSession(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{Handle: echo})
	ended := uint64(0)
	for _, bad := range []string{"", "abc", "0", "2", "2probe", "5", "4", "4abc", "42{}", `42abc["x"]`, `42["disconnect"]`, "451-[]", `42/other,["x"]`, "40", "41/other,"} {
		l := b.joined()
		l.send(bad)
		l.wantClose(websocket.StatusProtocolError)

		p := b.poller()
		p.wantPost("40", http.StatusOK)
		p.get()
		p.wantPost("6\x1e"+bad, http.StatusBadRequest)
		p.wantGet(http.StatusBadRequest, "")
		ended += 2
		eventually(t, "both are counted and gone", func() bool { s := b.Stats(); return s.Errors == ended && s.Sessions == 0 })
	}
}

// Pitfall (j).
func TestClientIsServed(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{})
	ask := func(method, name, encoding, tag string) (*http.Response, []byte) {
		req, _ := http.NewRequest(method, b.url+"/socket.io/"+name, nil)
		req.Header.Set("Accept-Encoding", encoding)
		if tag != "" {
			req.Header.Set("If-None-Match", tag)
		}
		res, err := b.web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res, body
	}
	for _, name := range []string{"socket.io.js", "socket.io.min.js"} {
		res, body := ask(http.MethodGet, name, "identity", "")
		if res.StatusCode != http.StatusOK || !bytes.Equal(body, clientScript) || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s = %d, %d bytes, %v", name, res.StatusCode, len(body), res.Header)
		}
		tag := res.Header.Get("ETag")
		if res, body := ask(http.MethodGet, name, "identity", tag); res.StatusCode != http.StatusNotModified || len(body) != 0 {
			t.Errorf("%s with its ETag = %d, %d bytes", name, res.StatusCode, len(body))
		}
		res, body = ask(http.MethodGet, name, "br, gzip;q=0.5", tag)
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil || res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("ETag") == tag {
			t.Fatalf("%s compressed: %v, %v", name, res.Header, err)
		}
		if plain, err := io.ReadAll(z); err != nil || !bytes.Equal(plain, clientScript) || 2*len(body) > len(plain) {
			t.Errorf("%s compressed: %d bytes for %d, %v", name, len(body), len(plain), err)
		}
		if res, _ := ask(http.MethodGet, name, "gzip;q=0", ""); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s compressed for a client that refuses it", name)
		}
	}
	if res, _ := ask(http.MethodPost, "socket.io.js", "", ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d", res.StatusCode)
	}
	if res, _ := ask(http.MethodGet, "socket.io.min.js.map", "", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("a map that there is not = %d", res.StatusCode)
	}
}

func TestRequestOfTheHandshakeIsKept(t *testing.T) {
	t.Parallel()
	type key struct{}
	seen := make(chan *http.Request, 1)
	s := New(Options{Connect: func(_ context.Context, s *Socket) error { seen <- s.Request(); return nil }})
	b := newBedOn(t, s, func(web *httptest.Server) {
		inner := web.Config.Handler
		web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "who")))
		})
	})
	l := b.dial("&" + url.Values{"token": {"a b"}}.Encode())
	l.next()
	l.send("40")
	r := <-seen
	got := []any{r.URL.Query().Get("token"), r.Context().Value(key{}), r.Context().Err(), r.RemoteAddr != ""}
	if diff := cmp.Diff([]any{"a b", "who", nil, true}, got); diff != "" {
		t.Errorf("request differs (-want +got):\n%s", diff)
	}
}
