package app_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// guarded starts a process that asks for a key, with its logs in files.
func guarded(t *testing.T, dir, key string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return begin(t, dir, map[string]string{"api-key-file": file, "backend-logs": "true", "log-level": "debug"})
}

// page gets what is not JSON, with headers name, value.
func (p *process) page(path string, headers ...string) (int, string) {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.base+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// TestKey goes through a whole process: pages, files, API, live view and logs.
func TestKey(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), rand.Text()
	p := guarded(t, dir, key)
	bearer := []string{"Authorization", "Bearer " + key}
	var status wire.Status
	p.call(http.MethodGet, "/pedidos", http.StatusUnauthorized, nil)
	p.call(http.MethodPost, "/pedidos/generate?quantity=7", http.StatusUnauthorized, nil)
	p.call(http.MethodPost, "/pedidos/generate?quantity=7", http.StatusAccepted, nil, bearer...)
	p.call(http.MethodGet, "/pedidos", http.StatusOK, &status, bearer...)
	session := signedIn(p, key)
	p.call(http.MethodGet, "/pedidos", http.StatusOK, nil, "Cookie", session)

	for _, path := range []string{"/metrics", "/pedidos/stream", "/pedidos/system", "/pedidos/logs", "/openapi.json", "/nope"} {
		if code, text := p.page(path); code != http.StatusUnauthorized || strings.Contains(text, status.LastRunID.String()) {
			t.Errorf("GET %s = %d %s, want 401", path, code, text)
		}
	}
	if code, _ := p.page("/metrics", bearer...); code != http.StatusOK {
		t.Errorf("GET /metrics with the key = %d, want 200", code)
	}
	shells(p, status.LastRunID.String(), session)
	streams(p, bearer)
	sockets(p, key, session)

	_, system := p.page("/pedidos/system", bearer...)
	_, logs := p.page("/pedidos/logs?lines=10000", bearer...)
	p.stop()
	if !strings.Contains(system, `"key":"FILAVIP_API_KEY","value":"***"`) {
		t.Errorf("/pedidos/system lacks the masked key:\n%s", system)
	}
	_, mac, _ := strings.Cut(session, ".")
	for name, text := range map[string]string{"/pedidos/system": system, "/pedidos/logs": logs, "log files": logFiles(t, dir)} {
		if strings.Contains(text, key) || strings.Contains(text, mac) {
			t.Errorf("%s shows the key or a session", name)
		}
	}

	next := guarded(t, dir, key)
	next.call(http.MethodGet, "/pedidos", http.StatusOK, nil, "Cookie", session) // of the process before
	next.stop()
	other := guarded(t, dir, rand.Text())
	other.call(http.MethodGet, "/pedidos", http.StatusUnauthorized, nil, "Cookie", session)
	other.call(http.MethodGet, "/pedidos", http.StatusUnauthorized, nil, bearer...)
	other.stop()
}

// signedIn returns the cookie of a new session, as a header.
func signedIn(p *process, key string) string {
	p.Helper()
	header := p.call(http.MethodPost, "/session", http.StatusNoContent, nil, "Authorization", "Bearer "+key)
	session, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	return session
}

// shells checks that the pages give away nothing to those without the key, and lack
// nothing for those with it.
func shells(p *process, run, session string) {
	p.Helper()
	for _, path := range []string{"/", "/charts", "/browse", "/queue", "/failures", "/runs", "/logs", "/system", "/runs/" + strings.Repeat("0", 36)} {
		code, text := p.page(path)
		if code != http.StatusOK || strings.Contains(text, run) || !strings.Contains(text, `"locked":true`) || strings.Contains(text, "workers") || strings.Contains(text, `"status"`) {
			p.Errorf("GET %s without the key = %d, want a page that asks for it and says nothing else:\n%s", path, code, text)
		}
		if code, text := p.page(path, "Cookie", session); code != http.StatusOK || !strings.Contains(text, run) || strings.Contains(text, `"locked"`) {
			p.Errorf("GET %s with a session = %d, want the whole page", path, code)
		}
	}
	for _, path := range []string{"/favicon.svg", "/shell.css", "/site.webmanifest", "/robots.txt", "/socket.io/socket.io.js"} {
		if code, _ := p.page(path); code != http.StatusOK {
			p.Errorf("GET %s without the key = %d, want 200", path, code)
		}
	}
}

// streams checks that server-sent events come with the key alone.
func streams(p *process, bearer []string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/pedidos/stream", nil)
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set(bearer[0], bearer[1])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "retry: 2000\n" {
		p.Errorf("the stream with the key begins with %q, %v", line, err)
	}
}

// sockets checks that Socket.IO takes a header, a cookie and a payload, and nothing else.
func sockets(p *process, key, session string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	for name, tt := range map[string]struct {
		opts socketio.DialOptions
		ok   bool
	}{
		"nothing":            {socketio.DialOptions{}, false},
		"a wrong header":     {socketio.DialOptions{Header: http.Header{"Authorization": {"Bearer x"}}}, false},
		"a forged session":   {socketio.DialOptions{Header: http.Header{"Cookie": {session + "x"}}}, false},
		"a wrong payload":    {socketio.DialOptions{Auth: map[string]string{"token": "x"}, Header: http.Header{"Cookie": {session}}}, false},
		"the key in headers": {socketio.DialOptions{Header: http.Header{"Authorization": {"Bearer " + key}}}, true},
		"a session":          {socketio.DialOptions{Header: http.Header{"Cookie": {session}}}, true},
		"a payload":          {socketio.DialOptions{Auth: map[string]string{"token": key}}, true},
	} {
		peer, err := socketio.Dial(ctx, p.base, tt.opts)
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), `"data":{"type":"/problems/`) {
			p.Errorf("Socket.IO with %s: %v, want it let in: %v", name, err, tt.ok)
		}
		if err != nil {
			continue
		}
		if err := peer.Emit(ctx, "cancel-operation"); err != nil {
			p.Error(err)
		}
		for event := ""; event != "operation-cancelled" && err == nil; {
			if event, _, err = peer.Next(ctx); event == "exception" || err != nil {
				p.Errorf("cancel-operation with %s: %s, %v", name, event, err)
				break
			}
		}
		_ = peer.Close()
	}
}

// logFiles returns all that is in the log files.
func logFiles(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "logs", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no log files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
