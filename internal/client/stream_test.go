package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// streams answers each connection with the next of some texts, and hangs up behind it.
type streams struct {
	texts []string
	asked []string // target and Last-Event-ID of each request
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, strings.TrimSpace(r.RequestURI+" "+r.Header.Get("Last-Event-ID")))
	if len(s.texts) == 0 {
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"title":"gone","status":404,"detail":"no more"}`)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	fmt.Fprint(w, s.texts[0])
	s.texts = s.texts[1:]
}

func TestStreamParsesEvents(t *testing.T) {
	t.Parallel()
	s := &streams{texts: []string{"retry: 1\r\n\r\n: comment\nid: a-1\nevent: status\ndata: {\"x\":1}\n\n" +
		"event: log\rdata:{\"y\":\rdata: 2}\r\rdata: 3\n\nevent: empty\n\nid: bad\x00\ndata: 4\n\nignored\nunknown: x\ndata\n\ndata: cut off"}}
	var got []string
	err := serving(t, s, client.Options{}).Stream(t.Context(), client.StreamOptions{Events: []string{"status", "log"}, Level: "warn"}, func(e client.Event) error {
		got = append(got, fmt.Sprintf("%s %s %q", e.ID, e.Name, e.Data))
		return nil
	})
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
		t.Errorf("Stream = %v, want the refusal of the second connection", err)
	}
	want := []string{`a-1 status "{\"x\":1}"`, `a-1 log "{\"y\":\n2}"`, `a-1 message "3"`, `a-1 message "4"`, `a-1 message ""`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	wantAsked := []string{"/pedidos/stream?events=status%2Clog&level=warn", "/pedidos/stream?events=status%2Clog&level=warn a-1"}
	if diff := cmp.Diff(wantAsked, s.asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	s := &streams{texts: []string{"retry: 1\nid: 1\ndata: one\n\n", "id: 2\ndata: two\n\ndata: no id\n\n", "data: three\n\n"}}
	var got []string
	lost := 0
	enough := errors.New("enough")
	opts := client.StreamOptions{Lost: func(err error) error {
		if lost++; !errors.Is(err, client.ErrUnreachable) {
			t.Errorf("Lost(%v), want ErrUnreachable", err)
		}
		return nil
	}}
	err := serving(t, s, client.Options{}).Stream(t.Context(), opts, func(e client.Event) error {
		if got = append(got, string(e.Data)); len(got) == 4 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || lost != 2 || !slices.Equal(got, []string{"one", "two", "no id", "three"}) {
		t.Errorf("Stream = %v after %d losses with %q, want enough after 2 with all four", err, lost, got)
	}
	if want := []string{"/pedidos/stream", "/pedidos/stream 1", "/pedidos/stream 2"}; !slices.Equal(s.asked, want) {
		t.Errorf("requests %q, want %q", s.asked, want)
	}
}

// TestStreamGoesOnWhereItBegan: a server says where to come back to before any event.
func TestStreamGoesOnWhereItBegan(t *testing.T) {
	t.Parallel()
	s := &streams{texts: []string{"retry: 1\nid: 7\n\n", "id: 8\ndata: cut o", "data: one\n\n"}}
	// The first connection has to have been made, not to have brought an event.
	enough := errors.New("enough")
	err := serving(t, s, client.Options{}).Stream(t.Context(), client.StreamOptions{}, func(client.Event) error { return enough })
	if want := []string{"/pedidos/stream", "/pedidos/stream 7", "/pedidos/stream 7"}; !errors.Is(err, enough) || !slices.Equal(s.asked, want) {
		t.Errorf("Stream = %v with requests %q, want enough with %q", err, s.asked, want)
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		c, err := client.New("http://127.0.0.1:1", client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Stream(t.Context(), client.StreamOptions{}, nil); !errors.Is(err, client.ErrUnreachable) {
			t.Errorf("Stream = %v, want ErrUnreachable", err)
		}
	})
	t.Run("something else answers", func(t *testing.T) {
		t.Parallel()
		_, c := answering(t, "hello")
		if err := c.Stream(t.Context(), client.StreamOptions{}, nil); !errors.Is(err, client.ErrUnreachable) {
			t.Errorf("Stream = %v, want ErrUnreachable", err)
		}
	})
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &streams{texts: []string{"data: 1\n\n"}}
		err := serving(t, s, client.Options{}).Stream(ctx, client.StreamOptions{}, func(client.Event) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Stream = %v, want its context's error", err)
		}
	})
	t.Run("who was told of a loss", func(t *testing.T) {
		t.Parallel()
		gaveUp := errors.New("gave up")
		s := &streams{texts: []string{"data: 1\n\n", "data: 2\n\n"}}
		opts := client.StreamOptions{Lost: func(error) error { return gaveUp }}
		if err := serving(t, s, client.Options{}).Stream(t.Context(), opts, func(client.Event) error { return nil }); !errors.Is(err, gaveUp) {
			t.Errorf("Stream = %v, want what Lost returned", err)
		}
	})
}

func FuzzStream(f *testing.F) {
	f.Add("id: 1\nevent: status\ndata: {}\n\n")
	f.Add("data:\r\rdata\r\n\r\n: x\nretry: 99999999999\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := &streams{texts: []string{"retry: 0\n" + text}}
		opts := client.StreamOptions{Lost: func(error) error { return context.Canceled }}
		c := serving(t, s, client.Options{})
		err := c.Stream(t.Context(), opts, func(e client.Event) error {
			if e.Name == "" || strings.ContainsAny(e.Name+e.ID, "\r\n\x00") && !strings.Contains(text, "\x00") {
				t.Errorf("event %q with ID %q", e.Name, e.ID)
			}
			_ = json.Valid(e.Data)
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Stream = %v, want the end that Lost asked for", err)
		}
	})
}
