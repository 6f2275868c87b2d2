package socketio

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"
)

func TestPeer(t *testing.T) {
	t.Parallel()
	server := New(Options{
		PingInterval: 10 * time.Millisecond,
		Serve: func(ctx context.Context, s *Socket) {
			_ = s.Emit(ctx, "hello", string(s.Auth()))
			<-ctx.Done()
		},
		Handle: func(ctx context.Context, s *Socket, e Event) error {
			time.Sleep(30 * time.Millisecond) // real time: heartbeats come while the peer waits
			return s.Emit(ctx, "echo", e.Name, e.Args[0])
		},
	})
	listener := httptest.NewServer(server)
	defer listener.Close()
	defer server.Close(t.Context())
	p, err := Dial(t.Context(), listener.URL, DialOptions{Auth: map[string]int{"n": 1}, ReadBuffer: 4096})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	expect := func(name, array string) {
		t.Helper()
		if got, text, err := p.Next(ctx); err != nil || got != name || string(text) != array {
			t.Errorf("Next = %q %s, %v; want %q %s", got, text, err, name, array)
		}
	}
	expect("hello", `["hello","{\"n\":1}"]`)
	if err := p.Emit(ctx, "say", []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	expect("echo", `["echo","say",[1,2]]`)
	if stats := server.Stats(); stats.WebSocket != 1 || stats.Timeouts != 0 {
		t.Errorf("Stats = %+v, want one peer that answers heartbeats", stats)
	}
	if err := server.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if name, _, err := p.Next(ctx); err == nil {
		t.Errorf("Next after the server's end = %q, want an error", name)
	}
}

func TestPeerIsRefused(t *testing.T) {
	t.Parallel()
	server := New(Options{Namespaces: []string{"/elsewhere"}})
	listener := httptest.NewServer(server)
	defer listener.Close()
	defer server.Close(t.Context())
	if p, err := Dial(t.Context(), listener.URL, DialOptions{}); err == nil {
		t.Errorf("Dial = %v, want the namespace refused", p)
	}
	if _, err := Dial(t.Context(), "http://127.0.0.1:1", DialOptions{}); err == nil {
		t.Error("Dial where nobody listens = nil, want an error")
	}
}
