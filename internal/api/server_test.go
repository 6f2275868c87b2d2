package api_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/api"
)

// TestShutdownWaitsForRequestsOnly has a connection on which no request came and one whose
// request is being answered.
func TestShutdownWaitsForRequestsOnly(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	server := api.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-goOn
		_, _ = io.WriteString(w, "done") // the client reads it
	}), slog.New(slog.DiscardHandler))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ahead, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ahead.Close()
	answer := make(chan string, 1)
	client := &http.Client{Transport: &http.Transport{}}
	go func() {
		defer client.CloseIdleConnections()
		res, err := client.Get("http://" + listener.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body) // what there is of it tells
		answer <- string(body)
	}()
	<-begun // ahead, which came before, has been accepted

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // net/http alone waits five
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	if n, err := ahead.Read(make([]byte, 1)); n != 0 || err == nil { // ends when the server closes it
		t.Errorf("Read of a connection without a request = %d, %v; want its end", n, err)
	}
	close(goOn)
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q, want its answer", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	<-served
}
