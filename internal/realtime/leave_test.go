package realtime

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/realtime/socketio"
)

// TestWhoLeavesBeforeAnyEventMissesNothing: a client knows where to come back to as soon
// as it is connected, however long the events that it wants are in coming.
func TestWhoLeavesBeforeAnyEventMissesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	b.hub.PublishLine(event.Line{Text: "of before"})
	r := b.stream("?events=phase")
	s := b.connect("")
	hello, first := s.receive(), s.receive()
	r.body.Close()
	b.move(order.Generating)
	id := b.live.epoch + "-1"
	again := b.stream("?events=phase", "Last-Event-ID", r.id)
	if e := again.next(); e.name != "phase" || r.id != id {
		t.Errorf("who comes back behind %q gets %s %v, want the change that was missed, behind %q", r.id, e.name, e.data, id)
	}
	for _, got := range []string{hello, first} {
		if !strings.HasSuffix(got, `},"`+id+`"]`) {
			t.Errorf("received %s, want it to end with the ID %s", got, id)
		}
	}
	back := b.connect(`{"lastEventId":"` + id + `"}`)
	back.receives("connected", `"`+id+`"`)
	back.receives("status", "GENERATING")
	back.receives("phase", "GENERATING")
}

// TestAClientThatIsCutMayComeBack: to a client that the server disconnects, the protocol
// says to stay away; one whose connection is lost comes back for what it missed.
func TestAClientThatIsCutMayComeBack(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil)
	s := b.connect("")
	for b.hub.Stats().Cut == 0 { // it does not poll, so all that it is sent waits
		b.move(order.Generating)
	}
	for {
		code, text := b.poll(http.MethodGet, s.sid, "")
		if code == http.StatusBadRequest { // the session is not known any more
			return
		}
		for packet := range strings.SplitSeq(text, "\x1e") {
			if code != http.StatusOK || packet == "41" {
				t.Fatalf("a poll of a client that was cut = %d %q, want its session to end", code, packet)
			}
		}
	}
}

// TestCloseWaitsForNobodyWhoDoesNotRead has one stream and one socket whose buffers are
// full, and more patience with them than the test has.
func TestCloseWaitsForNobodyWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(o *Options) { o.Patience = time.Hour })
	r := b.stream("")
	r.expect("connected")
	p, err := socketio.Dial(t.Context(), b.url, socketio.DialOptions{ReadBuffer: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	text := strings.Repeat("x", 64<<10)
	for b.hub.Stats().DroppedLines < 600 { // both have taken what their connections hold, and 256 lines wait for each
		b.hub.PublishLine(event.Line{Text: text})
		time.Sleep(time.Millisecond) // real time: connections fill
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // the farewell is a second
	defer cancel()
	if err := b.live.Close(ctx); err != nil {
		t.Errorf("Close = %v, want it not to wait for who does not read", err)
	}
}
