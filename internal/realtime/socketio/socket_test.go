package socketio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func TestConnect(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{
		Namespaces: []string{"/", "/admin"},
		Connect: func(ctx context.Context, s *Socket) error {
			if err := s.Emit(ctx, "early"); err == nil || errors.Is(err, ErrDisconnected) {
				t.Errorf("Emit before the socket was accepted: %v", err)
			}
			switch string(s.Auth()) {
			case `{"token":"plain"}`:
				return errors.New("not authorized")
			case `{"token":"data"}`:
				return fmt.Errorf("wrapped: %w", &ConnectError{Message: "no", Data: map[string]int{"code": 7}})
			case `{"token":"broken"}`:
				return &ConnectError{Message: "no", Data: func() {}}
			case `{"token":"panic"}`:
				panic("planted")
			}
			return nil
		},
		Serve: func(ctx context.Context, s *Socket) {
			s.Emit(ctx, "hello", s.Namespace(), s.Auth())
			<-ctx.Done()
		},
	})
	l := b.line()
	for _, c := range [][2]string{
		{"40/other,", `44/other,{"message":"Invalid namespace"}`},
		{`40{"token":"plain"}`, `44{"message":"not authorized"}`},
		{`40{"token":"data"}`, `44{"message":"no","data":{"code":7}}`},
		{`40{"token":"broken"}`, `44{"message":"no"}`},
		{`40{"token":"panic"}`, `44{"message":"internal error"}`},
		{`40/admin,{"token":"plain"}`, `44/admin,{"message":"not authorized"}`},
	} {
		l.send(c[0])
		l.want(c[1])
	}
	if got := b.Stats().Sockets; got != 0 {
		t.Errorf("%d sockets", got)
	}
	for _, namespace := range []string{"/admin,", ""} { // the same session may try again
		l.send("40" + namespace + `{"token":"good"}`)
		if got := l.next(); !strings.HasPrefix(got, "40"+namespace+`{"sid":"`) || strings.Contains(got, l.sid) {
			t.Errorf("CONNECT = %q", got)
		}
		l.want(`42` + namespace + `["hello","/` + strings.Trim(namespace, "/,") + `",{"token":"good"}]`)
	}
	if got := b.Stats(); got.Sockets != 2 || got.Sessions != 1 {
		t.Errorf("Stats = %+v", got)
	}
}

func TestEventsAreHandledInOrderOneAtATime(t *testing.T) {
	t.Parallel()
	const events = 1000 // many times what may wait
	var busy atomic.Int32
	var got []string
	done := make(chan struct{})
	b := newBed(t, Options{Handle: func(_ context.Context, _ *Socket, e Event) error {
		if busy.Add(1) != 1 {
			t.Error("two at a time")
		}
		got = append(got, string(e.Args[0]))
		busy.Add(-1)
		if e.Name == "last" {
			close(done)
		}
		return nil
	}})
	l := b.joined()
	var want []string
	for i := range events {
		l.send(fmt.Sprintf(`42["x",%d]`, i))
		want = append(want, fmt.Sprint(i))
	}
	l.send(`42["last",null]`)
	<-done
	if diff := cmp.Diff(append(want, "null"), got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

// What a client sent before it left is carried out, in whatever way it left.
func TestEventsOfAClientThatLeftAreHandled(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*line){
		"disconnect": func(l *line) { l.send("41") },
		"close":      func(l *line) { l.send("41", "1") },
		"cut":        func(l *line) { l.CloseNow() },
	} {
		release, handled := make(chan struct{}), make(chan error, 3)
		b := newBed(t, Options{Handle: func(ctx context.Context, _ *Socket, e Event) error {
			<-release
			handled <- ctx.Err()
			return nil
		}})
		l := b.joined()
		l.send(`42["a"]`, `42["b"]`, `42["c"]`)
		s := socketOf(b, l.sid)
		eventually(t, "all events are received", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.inbox.tasks) == 2 })
		leave(l)
		if name != "disconnect" {
			eventually(t, "the session ends", func() bool { return b.Stats().Sessions == 0 })
		}
		close(release)
		for range 3 {
			if err := <-handled; err != nil {
				t.Errorf("%s: context: %v", name, err)
			}
		}
		eventually(t, "the socket ends", func() bool { return b.Stats().Sockets == 0 })
	}
}

func socketOf(b *bed, sid string) *Socket {
	c := b.engine.find(sid).peer.(*client)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sockets["/"]
}

func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	again := make(chan error, 1)
	b := newBed(t, Options{Handle: func(ctx context.Context, s *Socket, e Event) error {
		if e.Name == "plain" {
			if e.Ack != nil {
				t.Error("Ack where none was asked for")
			}
			return errors.New("a handler's error sends nothing")
		}
		if err := e.Ack(ctx, func() {}); err == nil {
			t.Error("Ack of a function was encoded")
		}
		if err := echo(ctx, s, e); err != nil {
			t.Error(err)
		}
		again <- e.Ack(ctx)
		return nil
	}})
	l := b.joined()
	l.send(`42["plain"]`, `4217["x",{"a":1},"b"]`)
	l.want(`4317[{"a":1},"b"]`)
	if err := <-again; err == nil {
		t.Error("a second acknowledgement was sent")
	}
	l.send(`451-0["x",{"_placeholder":true,"num":0}]`)
	if err := l.Write(t.Context(), websocket.MessageBinary, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	l.want(`461-0[{"_placeholder":true,"num":0}]`, "\x01\x02")
}

func TestAsk(t *testing.T) {
	t.Parallel()
	type reply struct {
		args string
		err  error
	}
	replies := make(chan reply, 4)
	b := newBed(t, Options{Serve: func(ctx context.Context, s *Socket) {
		ask := func(ctx context.Context) {
			args, err := s.Ask(ctx, "sum", 1, 2)
			replies <- reply{fmt.Sprintf("%s", args), err}
		}
		ask(ctx)
		ask(ctx)
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		ask(short)
		cancel()
		ask(ctx)
	}})
	l := b.joined()
	l.want(`420["sum",1,2]`)
	l.send("4399[1]", `430[3,"x"]`, "430[4]") // one nobody waits for, the answer, once more
	if got := <-replies; got.args != `[3 "x"]` || got.err != nil {
		t.Errorf("Ask = %+v", got)
	}
	l.want(`421["sum",1,2]`)
	l.send("431[]")
	if got := <-replies; got.args != `[]` || got.err != nil {
		t.Errorf("Ask = %+v", got)
	}
	if got := <-replies; !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("Ask = %+v, want the deadline", got)
	}
	l.want(`422["sum",1,2]`, `423["sum",1,2]`)
	l.send("41")
	wantDisconnected(t, "Ask", (<-replies).err)
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	served := make(chan error, 10)
	var last atomic.Pointer[Socket]
	b := newBed(t, Options{
		Serve: func(ctx context.Context, s *Socket) {
			last.Store(s)
			if string(s.Auth()) == `{"a":"return"}` {
				return
			}
			if string(s.Auth()) == `{"a":"panic"}` {
				panic("planted")
			}
			<-ctx.Done()
			served <- context.Cause(ctx)
		},
		Handle: func(_ context.Context, s *Socket, e Event) error {
			switch e.Name {
			case "demand":
				return fmt.Errorf("wrapped: %w", &DisconnectError{Reason: "demanded"})
			case "panic":
				panic("planted")
			}
			s.Disconnect("called")
			return nil
		},
	})
	l := b.joined()
	rejoin := func() {
		l.send("40")
		if got := l.next(); !strings.HasPrefix(got, "40{") {
			t.Fatalf("CONNECT = %q", got)
		}
	}
	for event, reason := range map[string]string{"demand": "demanded", "panic": "internal error", "call": "called"} {
		l.send(`42["` + event + `"]`)
		l.want("41")
		err := <-served
		wantDisconnected(t, event, err)
		if !strings.Contains(err.Error(), "server namespace disconnect: "+reason) {
			t.Errorf("%s: cause = %v, want one that says %q", event, err, reason)
		}
		wantDisconnected(t, "Emit", last.Load().Emit(t.Context(), "x"))
		l.send(`42["late"]`, "41") // was on its way: ignored
		rejoin()
	}
	l.send("41") // the client's turn
	if err := <-served; !strings.Contains(err.Error(), "client namespace disconnect") {
		t.Errorf("cause = %v", err)
	}
	for _, how := range []string{"return", "panic"} { // Serve's turn
		l.send(`40{"a":"` + how + `"}`)
		l.next()
		l.want("41")
	}
	rejoin()
	l.CloseNow()
	if err := <-served; !strings.Contains(err.Error(), "transport close") {
		t.Errorf("cause = %v", err)
	}
	eventually(t, "all is gone", func() bool { s := b.Stats(); return s.Sockets == 0 && s.Sessions == 0 && s.WebSocket == 0 })
}

func TestSessionEndsSomeTimeAfterItsLastSocket(t *testing.T) {
	t.Parallel()
	b := newBed(t, Options{ConnectTimeout: 100 * time.Millisecond})
	l := b.joined()
	l.send("41")
	l.wantClose(websocket.StatusPolicyViolation)
}

func TestPanicIsLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	b := newBed(t, Options{
		Connect: func(context.Context, *Socket) error { panic("planted") },
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
	})
	l := b.line()
	l.send("40")
	l.want(`44{"message":"internal error"}`)
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"level=ERROR", "planted", "TestPanicIsLogged"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %q:\n%s", want, &log)
		}
	}
}

// A client that leaves and joins does not get more to run at a time than one that stays.
func TestRejoiningWaitsForTheSocketBefore(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int32
	release := make(chan struct{})
	b := newBed(t, Options{Serve: func(ctx context.Context, s *Socket) {
		most.Store(max(most.Load(), running.Add(1)))
		<-ctx.Done()
		<-release
		running.Add(-1)
	}})
	l := b.joined()
	for range 10 {
		l.send("41", "40")
	}
	close(release)
	for range 10 {
		if got := l.next(); !strings.HasPrefix(got, "40{") {
			t.Fatalf("CONNECT = %q", got)
		}
	}
	if got := most.Load(); got != 1 {
		t.Errorf("Serve ran %d times at once", got)
	}
}

func TestBroadcastStress(t *testing.T) {
	t.Parallel()
	const clients, messages = 20, 200
	var mu sync.Mutex
	var sockets []*Socket
	b := newBed(t, Options{Handle: echo, Serve: func(ctx context.Context, s *Socket) {
		mu.Lock()
		sockets = append(sockets, s)
		mu.Unlock()
		<-ctx.Done()
	}})
	lines := make([]*line, clients)
	for i := range lines {
		lines[i] = b.joined()
	}
	eventually(t, "all are served", func() bool { mu.Lock(); defer mu.Unlock(); return len(sockets) == clients })
	var work sync.WaitGroup
	for _, s := range sockets {
		work.Go(func() {
			for i := range messages {
				if err := s.Send(t.Context(), mustEncode(t, "n", i)); err != nil {
					t.Errorf("Send: %v", err)
				}
			}
		})
	}
	for _, l := range lines {
		work.Go(func() {
			l.send(`421["x"]`)
			var got []string
			for range messages + 1 {
				text, err := l.receive()
				if err != nil {
					t.Errorf("receive: %v", err)
					return
				}
				if text != "431[]" {
					got = append(got, text)
				}
			}
			if !slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }) || len(got) != messages || got[messages-1] != fmt.Sprintf(`42["n",%d]`, messages-1) {
				t.Errorf("received %d messages out of order or not all: %v", len(got), got)
			}
		})
	}
	work.Wait()
}

func TestClose(t *testing.T) {
	t.Parallel()
	causes := make(chan error, 2)
	blocked := make(chan error, 1)
	b := newBed(t, Options{
		Serve: func(ctx context.Context, s *Socket) { <-ctx.Done(); causes <- context.Cause(ctx) },
		Handle: func(ctx context.Context, _ *Socket, _ Event) error {
			<-ctx.Done()
			blocked <- ctx.Err()
			return nil
		},
	})
	l := b.joined()
	l.send(`42["block"]`)
	p := b.poller()
	p.wantPost("40", http.StatusOK)
	p.get()
	later := p.getLater()
	probing := b.poller()
	half := b.dial("&sid=" + probing.sid)
	half.send("2probe")
	half.want("3probe")

	closed := make(chan error, 1)
	go func() { closed <- b.Close(context.Background()) }()
	if got := <-later; got != "200 1" {
		t.Errorf("the open poll = %q, want a close packet", got)
	}
	l.want("1")
	l.wantClose(websocket.StatusGoingAway)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	for range 2 {
		if err := <-causes; !strings.Contains(err.Error(), "server shutting down") {
			t.Errorf("cause = %v", err)
		}
	}
	if err := <-blocked; err == nil {
		t.Error("the handler's context goes on")
	}
	res, _ := b.request(http.MethodGet, "EIO=4&transport=polling", "")
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("a handshake after Close = %d, %v", res.StatusCode, res.Header)
	}
	if got := b.Stats(); got.Sessions != 0 || got.Sockets != 0 || got.Polling != 0 || got.WebSocket != 0 {
		t.Errorf("Stats = %+v", got)
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := newBed(t, Options{Serve: func(context.Context, *Socket) { <-release }})
	b.joined()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	eventually(t, "the socket is connected", func() bool { return b.Stats().Sockets == 1 })
	if err := b.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close = %v, want the deadline", err)
	}
	close(release)
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("Close again: %v", err)
	}
}
