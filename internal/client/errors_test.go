package client_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

func TestRefusal(t *testing.T) {
	t.Parallel()
	p := wire.NewProblem("/problems/run-active", http.StatusConflict, "A run is active", "run "+runID+" is active")
	p.RunID = parsed[wire.Problem](t, `{"runId":"`+runID+`"}`).RunID
	p.Errors = []wire.Fault{{Parameter: "quantity", Value: "0", Allowed: "1 or more"}}
	_, err := refusing(t, p, map[string]string{"Retry-After": "2"}).Generate(t.Context(), client.GenerateOptions{})
	var refused *client.Error
	if !errors.As(err, &refused) {
		t.Fatalf("Generate() = %v, want a *client.Error", err)
	}
	if diff := cmp.Diff(p, refused.Problem); diff != "" {
		t.Errorf("Problem (-sent +returned):\n%s", diff)
	}
	if refused.Status != http.StatusConflict || refused.RetryAfter != 2*time.Second {
		t.Errorf("Status, RetryAfter = %d, %v, want 409, 2s", refused.Status, refused.RetryAfter)
	}
	if errors.Is(err, client.ErrUnreachable) {
		t.Errorf("a refusal wraps ErrUnreachable: %v", err)
	}
	if want := "generate: run " + runID + " is active"; err.Error() != want {
		t.Errorf("Generate() = %q, want %q", err, want)
	}
}

// TestForeignAnswers are those of something that is no filavip server.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	const problemType = "application/problem+json"
	for _, tc := range []struct {
		status                  int
		contentType, body, want string
	}{
		{404, "text/html", "<html>", "404 Not Found"},
		{502, "text/html; charset=utf-8", "<html>", "502 Bad Gateway"},
		{404, "application/json", `{"statusCode":404,"message":"Cannot GET /pedidos"}`, "404 Not Found"},
		{409, problemType, `{"status":`, "409 Conflict"},
		{409, problemType, `{}`, "409 Conflict"},
		{409, "", `{}`, "409 Conflict"},
		{301, "text/html", "", `301 Moved Permanently, which leads to "https://x/"`},
		{200, "text/html", "<html>", `type "text/html"`},
		{200, ";;", "{}", `type ""`},
		{200, "application/json", "{", "not understood"},
		{200, "application/json", `{"phase":"SOMETHING_NEW"}`, "not understood"},
		{200, "application/json", `{}{}`, "not understood"},
		{204, "", "", `type ""`},
	} {
		name := fmt.Sprint(tc.status, " ", tc.contentType, " ", tc.body)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := transport(t, func(*http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: tc.status, Body: io.NopCloser(strings.NewReader(tc.body)),
					Header: http.Header{"Content-Type": {tc.contentType}, "Location": {"https://x/"}},
				}, nil
			})
			_, err := c.Status(t.Context())
			if !errors.Is(err, client.ErrUnreachable) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Status() = %v, want ErrUnreachable with %q", err, tc.want)
			}
			var refused *client.Error
			if got, want := errors.As(err, &refused), tc.status >= 300; got != want {
				t.Errorf("Status() is a *client.Error: %v, want %v", got, want)
			} else if got && refused.Status != tc.status {
				t.Errorf("Status = %d, want %d", refused.Status, tc.status)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	c := serving(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}), client.Options{})
	if _, err := c.Reset(t.Context()); !errors.Is(err, client.ErrUnreachable) || asked != 1 {
		t.Errorf("Reset() = %v after %d requests, want ErrUnreachable after 1", err, asked)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := client.New(gone.URL, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(t.Context())
	if !errors.Is(err, client.ErrUnreachable) || !strings.Contains(err.Error(), gone.URL) {
		t.Errorf("Status() of a server that is gone = %v, want ErrUnreachable with %s", err, gone.URL)
	}
	if opError := (*net.OpError)(nil); !errors.As(err, &opError) {
		t.Errorf("Status() = %v does not wrap its cause", err)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"within the answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("{"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := serving(t, serve, client.Options{}).Reset(t.Context()); !errors.Is(err, client.ErrUnreachable) {
				t.Errorf("Reset() = %v, want ErrUnreachable", err)
			}
		})
	}
}

// endless never runs out of white space, which may stand before any JSON.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	body := &endless{}
	c := transport(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
	})
	_, err := c.Status(t.Context())
	if !errors.Is(err, client.ErrUnreachable) || !strings.Contains(err.Error(), "longer than 32 MiB") {
		t.Errorf("Status() = %v, want ErrUnreachable, longer than 32 MiB", err)
	}
	if body.read > 33<<20 {
		t.Errorf("%d bytes were read of an answer without end, want at most 32 MiB and a little", body.read)
	}
}

// roundTrip answers requests without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func transport(t *testing.T, f roundTrip) *client.Client {
	t.Helper()
	c, err := client.New("http://host", client.Options{Transport: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// silent never answers.
func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestContexts(t *testing.T) {
	t.Parallel()
	c := transport(t, silent)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: expired} {
		if _, err := c.Status(ctx); !errors.Is(err, want) || errors.Is(err, client.ErrUnreachable) {
			t.Errorf("Status() = %v, want %v and not ErrUnreachable", err, want)
		}
	}
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		want time.Duration
		call func(context.Context, *client.Client) error
	}{
		"of any call": {30 * time.Second, func(ctx context.Context, c *client.Client) error {
			_, err := c.Status(ctx)
			return err
		}},
		"of a cancel": {40 * time.Second, func(ctx context.Context, c *client.Client) error {
			_, err := c.Cancel(ctx, client.CancelOptions{})
			return err
		}},
		"of a cancel that waits": {90 * time.Second, func(ctx context.Context, c *client.Client) error {
			_, err := c.Cancel(ctx, client.CancelOptions{WaitTimeout: new(time.Minute)})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := tc.call(t.Context(), transport(t, silent))
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, client.ErrUnreachable) {
					t.Errorf("the call = %v, want DeadlineExceeded and not ErrUnreachable", err)
				}
				if took := time.Since(began); took != tc.want {
					t.Errorf("the call took %v, want %v", took, tc.want)
				}
			})
		})
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status      int
		body        string
		unreachable bool
		want        string // of the error; empty: none
	}{
		{200, "[+]store ok\n[+]shutdown ok\nreadyz check passed\n", false, ""},
		{200, "ok\n", false, ""},
		{503, "[+]store ok\n[-]shutdown failed\nreadyz check failed\n", false, "not ready: shutdown failed"},
		{503, "try later", true, "503"},
		{200, "<html>", true, "not a probe's"},
		{404, "not found", true, "404"},
	} {
		f := &fake{status: tc.status, header: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body: tc.body}
		c := f.start(t, client.Options{})
		report, err := c.Ready(t.Context())
		if f.last() != "GET /readyz?verbose=" {
			t.Errorf("Ready sends %q, want GET /readyz?verbose=", f.last())
		}
		live := c.Live(t.Context())
		if f.last() != "GET /livez" {
			t.Errorf("Live sends %q, want GET /livez", f.last())
		}
		if tc.want == "" {
			if err != nil || live != nil || report != tc.body {
				t.Errorf("%d %q: Ready() = %q, %v, Live() = %v, want the report and no errors", tc.status, tc.body, report, err, live)
			}
			continue
		}
		for _, err := range []error{err, live} {
			if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, client.ErrUnreachable) != tc.unreachable {
				t.Errorf("%d %q: %v, want %q, unreachable: %v", tc.status, tc.body, err, tc.want, tc.unreachable)
			}
		}
	}
}

// A server without the caller's key names no check, ready or not.
func TestReadyWithoutTheKey(t *testing.T) {
	t.Parallel()
	f := &fake{status: 503, header: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body: "readyz check failed\n"}
	_, err := f.start(t, client.Options{}).Ready(t.Context())
	if refused, ok := errors.AsType[*client.Error](err); !ok || refused.Status != 503 || refused.Problem.Detail != "not ready" || errors.Is(err, client.ErrUnreachable) {
		t.Errorf("Ready() = %v, want that it is not ready", err)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		kind   string
		want   bool
	}{
		{401, "/problems/key-needed", true}, {401, "about:blank", true}, {429, "/problems/too-many-wrong-keys", true},
		{429, "/problems/overloaded", false}, {403, "/problems/cross-origin", false}, {500, "/problems/internal-error", false},
	} {
		p := wire.NewProblem(tc.kind, tc.status, "t", "why")
		_, err := refusing(t, p, nil).Status(t.Context())
		if refused, ok := errors.AsType[*client.Error](err); !ok || refused.Denied() != tc.want {
			t.Errorf("%d %s: %v, want denied: %v", tc.status, tc.kind, err, tc.want)
		}
	}
	foreign := &fake{status: 401, header: map[string]string{"Content-Type": "text/html"}, body: "<html>"}
	_, err := foreign.start(t, client.Options{}).Status(t.Context())
	if refused, ok := errors.AsType[*client.Error](err); !ok || refused.Denied() {
		t.Errorf("a 401 of somebody else: %v, want it not taken for ours", err)
	}
}

// The key goes along with every call and stream, and shows in no error.
func TestAPIKey(t *testing.T) {
	t.Parallel()
	key := rand.Text()
	f := &fake{status: 401, header: map[string]string{"Content-Type": wire.ProblemType}, body: `{"title":"no","status":401}`}
	c := f.start(t, client.Options{APIKey: key})
	_, status := c.Status(t.Context())
	_, cancelled := c.WithKey("k").Cancel(t.Context(), client.CancelOptions{})
	stream := c.Stream(t.Context(), client.StreamOptions{}, func(client.Event) error { return nil })
	live := c.Live(t.Context())
	for i, err := range []error{status, cancelled, stream, live} {
		if got := f.requests[i].Header.Get("Authorization"); got != "Bearer "+key {
			t.Errorf("%s: Authorization = %q, want the key", f.requests[i].URL, got)
		}
		if err == nil || strings.Contains(err.Error(), key) || strings.Contains(f.requests[i].URL.String(), key) {
			t.Errorf("%s: %v, want an error without the key", f.requests[i].URL, err)
		}
	}
	if _, err := client.New("http://h", client.Options{APIKey: key + "\n"}); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("New with a key that no header can carry = %v, want an error without it", err)
	}
}
