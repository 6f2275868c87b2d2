package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

func TestFleet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	var broken error
	f := newFixture(t, func(o *api.Options) {
		o.Members = func(context.Context) ([]store.Member, error) {
			return []store.Member{
				{Node: "a", Host: "h", PID: 7, Role: "serve", Version: "v1", Addr: "127.0.0.1:3000", Workers: 25, InHand: 3, Started: at, Seen: at.Add(time.Second), Alive: true, Coordinator: true},
				{Node: "b", Role: "worker", Workers: 50},
			}, broken
		}
	})
	want := []wire.Member{
		{Node: "a", Host: "h", PID: 7, Role: "serve", Version: "v1", Addr: "127.0.0.1:3000", Workers: 25, InHand: 3, StartedAt: wire.At(at), SeenAt: wire.At(at.Add(time.Second)), Alive: true, Coordinator: true},
		{Node: "b", Role: "worker", Workers: 50},
	}
	if diff := cmp.Diff(want, read[[]wire.Member](t, f.get("/fleet"), http.StatusOK)); diff != "" {
		t.Errorf("GET /fleet (-want +got):\n%s", diff)
	}
	broken = &order.UnavailableError{Server: "mongodb", Err: errors.New("secret host")}
	readProblem(t, f.get("/fleet"), http.StatusServiceUnavailable, "store-unavailable")
	if got := read[[]wire.Member](t, newFixture(t, nil).get("/fleet"), http.StatusOK); len(got) != 0 {
		t.Errorf("GET /fleet of an API that knows no process = %v, want none", got)
	}
}
