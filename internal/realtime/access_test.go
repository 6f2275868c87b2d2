package realtime

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// guardedBed lets in whoever shows the key as Bearer, until then.
func guardedBed(t *testing.T, key string, until time.Time) *bed {
	t.Helper()
	var b *bed
	b = newBed(t, func(o *Options) {
		o.Authorize = func(r *http.Request) (time.Time, *wire.Problem) {
			if r.Header.Get("Authorization") != "Bearer "+key {
				refusal := wire.NewProblem("/problems/key-needed", http.StatusUnauthorized, "Key needed", "show the key")
				return time.Time{}, &refusal
			}
			return until, nil
		}
		o.Call = func(ctx context.Context, from *http.Request, path string, _ []byte) (int, []byte) {
			return b.call(ctx, from, path, []byte(from.Header.Get("Authorization")))
		}
	})
	return b
}

// open opens a session without joining the namespace.
func (b *bed) open() *socket {
	b.Helper()
	_, text := b.poll(http.MethodGet, "", "")
	sid, _, _ := strings.Cut(strings.TrimPrefix(text, `0{"maxPayload":4096,"pingInterval":25000,"pingTimeout":20000,"sid":"`), `"`)
	return &socket{bed: b, sid: "&sid=" + sid}
}

func TestSocketsShowTheKey(t *testing.T) {
	t.Parallel()
	key := rand.Text()
	b := guardedBed(t, key, time.Time{})
	for name, auth := range map[string]string{
		"nothing": "", "an empty payload": "{}", "a wrong key": `{"token":"x"}`, "no text": `{"token":1}`, "another name": `{"key":"` + key + `"}`,
	} {
		s := b.open()
		s.send("40" + auth)
		got := s.receive()
		if !strings.HasPrefix(got, `44{"message":"show the key","data":{"type":"/problems/key-needed"`) || !strings.Contains(got, `"status":401`) {
			t.Errorf("%s: answer to CONNECT = %s, want the problem", name, got)
		}
		s.send(`42["reset-system"]`) // to nobody: see the calls below
	}
	s := b.connect(`{"token":"` + key + `","lastEventId":"x"}`)
	s.receives("connected", "")
	s.receives("status", "")
	s.send(`421["reset-system"]`)
	s.answers(`431[{"acknowledged":true`)
	b.mu.Lock()
	defer b.mu.Unlock()
	if got := strings.Join(b.calls, "\n"); got != "/pedidos/reset Bearer "+key {
		t.Errorf("calls %q, want the one command with what its connection showed", got)
	}
}

// answers checks that the next packet begins so.
func (s *socket) answers(want string) {
	s.Helper()
	if got := s.receive(); !strings.HasPrefix(got, want) {
		s.Errorf("received %s, want %s", got, want)
	}
}

// What a session was opened for ends with it: the client is dropped and has to show it anew.
func TestConnectionsEndWithTheirSession(t *testing.T) {
	t.Parallel()
	key := rand.Text()
	b := guardedBed(t, key, time.UnixMilli(1_000_000+50)) // 50 ms from the bed's now
	s := b.connect(`{"token":"` + key + `"}`)
	for code := http.StatusOK; code == http.StatusOK; { // the test's own time limit ends it
		code, _ = b.poll(http.MethodGet, s.sid, "")
	}
	rd := b.stream("", "Authorization", "Bearer "+key)
	for rd.frame() != "" {
	}
	if stats := b.live.Stats(); stats.Stalled != 0 {
		t.Errorf("Stats = %+v, want nobody stalled", stats)
	}
}
