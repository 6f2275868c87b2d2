package app

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// working starts an app that serves on any port.
func working(t *testing.T) *App {
	t.Helper()
	cfg, err := config.Load(config.Sources{Flags: map[string]string{
		"data": filepath.Join(t.TempDir(), "data"), "port": "0", "backend-logs": "false",
	}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) }) // a store may be closed already
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAPhaseChangeIsAnnouncedWithoutASnapshot: at the end of a process the store may be
// gone before the last who asks it.
func TestAPhaseChangeIsAnnouncedWithoutASnapshot(t *testing.T) {
	t.Parallel()
	a := working(t)
	sub, _ := a.hub.Subscribe(event.Filter{Kinds: event.KindPhase})
	defer sub.Close()
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	change := event.PhaseChange{Run: order.NewRunID(1, 1), From: order.Generating, To: order.EnqueueVIP}
	a.PublishPhase(change)
	a.hub.Close() // what waits is handed out, and then the end
	if d, err := sub.Next(t.Context()); err != nil || d.Event != event.Event(change) {
		t.Errorf("Next = %v, %v; want the change", d.Event, err)
	}
}

// TestStopGivesThePortBack, also if nothing was ever served on it.
func TestStopGivesThePortBack(t *testing.T) {
	t.Parallel()
	a := working(t)
	if err := a.Stop(t.Context()); err != nil {
		t.Fatalf("Stop = %v", err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", a.Addr())
	if err != nil {
		t.Fatalf("Listen on the port of an app that was stopped = %v", err)
	}
	_ = l.Close() // it was free, which is all
}

// TestWhatIsHeardOfARun: whoever has heard of a phase sees none before it in the status,
// and the last progress of a run is all of it.
func TestWhatIsHeardOfARun(t *testing.T) {
	t.Parallel()
	a := working(t)
	sub, _ := a.hub.Subscribe(event.Filter{Kinds: event.KindPhase | event.KindProgress})
	defer sub.Close()
	if _, err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := a.api.Status(t.Context()); err != nil { // an old one is there to be shown
			t.Fatal(err)
		}
		if _, err := a.pipeline.Start(t.Context(), NewSpec(&a.cfg, 20_000, 1), nil); err != nil {
			t.Fatal(err)
		}
		var last event.Progress
		for over := false; !over || last.Phase != order.Done; {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a guard against hanging
			d, err := sub.Next(ctx)
			cancel()
			if err != nil {
				t.Fatalf("Next = %v, with %+v the last progress; want DONE and all", err, last)
			}
			switch e := d.Event.(type) {
			case event.Progress:
				last = e
				if over && e.Phase < order.Done {
					t.Errorf("progress within %v came behind the end", e.Phase)
				}
			case event.PhaseChange:
				over = e.To.Ended()
				body, err := a.api.Status(t.Context())
				var shown wire.Status
				if err != nil || json.Unmarshal(body, &shown) != nil || shown.Phase < e.To {
					t.Errorf("after the change to %v the status shows %v (%v)", e.To, shown.Phase, err)
				}
			}
		}
		if last.Done != last.Total || last.Total == 0 {
			t.Errorf("the last progress is %d of %d", last.Done, last.Total)
		}
	}
}
