package client_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const runID = "019ab000-0000-7000-8000-00ffffffffff"

// fake is a server that answers everything alike and keeps what it was asked.
type fake struct {
	status   int
	header   map[string]string
	body     string
	requests []*http.Request // read them once the calls have returned
	sent     []string        // their bodies
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests = append(f.requests, r)
	body, _ := io.ReadAll(r.Body) // what is cut off shows
	f.sent = append(f.sent, string(body))
	w.Header().Set("Content-Type", "application/json")
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.status)
	_, _ = w.Write([]byte(f.body))
}

// last returns the method and target of the latest request.
func (f *fake) last() string {
	r := f.requests[len(f.requests)-1]
	return r.Method + " " + r.RequestURI
}

// answering returns a fake that answers with the encoding of v, and its client.
func answering(t *testing.T, v any) (*fake, *client.Client) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{status: http.StatusOK, body: string(body)}
	return f, f.start(t, client.Options{})
}

// refusing returns a client of a server that answers with a problem.
func refusing(t *testing.T, p wire.Problem, header map[string]string) *client.Client {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{status: p.Status, header: map[string]string{"Content-Type": wire.ProblemType}, body: string(body)}
	maps.Copy(f.header, header)
	return f.start(t, client.Options{})
}

func (f *fake) start(t *testing.T, opts client.Options) *client.Client {
	t.Helper()
	return serving(t, f, opts)
}

// serving returns a client of a server with that handler.
func serving(t *testing.T, h http.Handler, opts client.Options) *client.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// parsed returns the wire shape that a JSON text is.
func parsed[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
