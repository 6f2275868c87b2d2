package realtime

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/realtime/socketio"
	"github.com/filavip/filavip/internal/wire"
)

// packet is one event as it goes out.
type packet struct {
	name     string
	body     json.RawMessage
	snapshot uint64 // number of the snapshot of a status; zero for other events
	id       string // where to come back to; empty where that is not said
	message  func() (socketio.Message, error)
}

// encoder makes packets of deliveries, each once for all the clients that get it and have
// come as far. It is safe for concurrent use.
type encoder struct {
	epoch string

	mu     sync.Mutex // guards recent; held while encoding, so that no two do the same
	recent [64]encoded
}

// encoded is a delivery that was encoded.
type encoded struct {
	id, resume uint64
	packets    []packet
}

func newEncoder(epoch string) *encoder { return &encoder{epoch: epoch} }

// encode returns the packets of a delivery, in the order to send them. The caller does
// not change them.
func (c *encoder) encode(d event.Delivery) ([]packet, error) {
	if line, ok := d.Event.(event.Line); ok && line.Missed > 0 {
		bare, err := packets(d) // how many lines are missing is one client's own
		return c.resumingAt(bare, d.Resume), err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	place := &c.recent[d.ID%uint64(len(c.recent))]
	switch {
	case place.id == d.ID && place.resume == d.Resume:
	case place.id == d.ID: // only where to come back to differs
		place.resume, place.packets = d.Resume, c.resumingAt(place.packets, d.Resume)
	default:
		bare, err := packets(d)
		if err != nil {
			return nil, err
		}
		*place = encoded{d.ID, d.Resume, c.resumingAt(bare, d.Resume)}
	}
	return place.packets, nil
}

// resumingAt returns packets with the same bodies that say where to come back to.
func (c *encoder) resumingAt(bare []packet, resume uint64) []packet {
	id := c.id(resume)
	list := make([]packet, len(bare))
	for i, p := range bare {
		list[i] = packet{name: p.name, body: p.body, snapshot: p.snapshot, id: id}
		list[i].message = sync.OnceValues(func() (socketio.Message, error) { return socketio.Encode(p.name, p.body, id) })
	}
	return list
}

// id returns what a client gives to come back behind that event.
func (c *encoder) id(resume uint64) string { return c.epoch + "-" + strconv.FormatUint(resume, 10) }

// packets encodes a delivery.
func packets(d event.Delivery) ([]packet, error) {
	switch e := d.Event.(type) {
	case event.Status:
		return join(statusPacket(&e, e.At))
	case event.PhaseChange:
		change, err := newPacket(wire.EventPhase, phaseBody(&e))
		if err != nil || d.Shown == nil {
			return []packet{change}, err
		}
		shown, err := statusPacket(d.Shown, d.Shown.At)
		return []packet{change, shown}, err
	case event.Progress:
		return join(newPacket(wire.EventProgress, progressBody(&e)))
	case event.Metrics:
		return join(newPacket(wire.EventMetrics, wire.NewMetrics(&e)))
	case event.Line:
		return join(newPacket(wire.EventLog, logBody(&e)))
	}
	return nil, nil
}

func join(p packet, err error) ([]packet, error) { return []packet{p}, err }

// newPacket returns a packet that does not say where to come back to.
func newPacket(name string, v any) (packet, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return packet{}, err
	}
	message := func() (socketio.Message, error) { return socketio.Encode(name, json.RawMessage(body)) }
	return packet{name: name, body: body, message: message}, nil
}

func statusPacket(s *event.Status, now time.Time) (packet, error) {
	body := wire.NewStatus(s.Run, s.Counts, now)
	body.InQueue(s.Paused, s.Stalled)
	p, err := newPacket(wire.EventStatus, body)
	p.snapshot = s.Seq
	return p, err
}

func phaseBody(e *event.PhaseChange) wire.PhaseChange {
	return wire.PhaseChange{RunID: e.Run, From: e.From, To: e.To, At: wire.At(e.At), Timestamp: wire.Millis(e.At)}
}

func progressBody(e *event.Progress) wire.LiveProgress {
	p := wire.LiveProgress{
		RunID: e.Run, Phase: e.Phase, Current: e.Done, Total: e.Total, Timestamp: wire.Millis(e.At),
		VIPProcessed: e.Settled[order.VIP], NormalProcessed: e.Settled[order.Normal],
	}
	p.Describe()
	return p
}

func logBody(e *event.Line) wire.LogLine {
	return wire.LogLine{
		Seq: e.Seq, Timestamp: wire.Millis(e.At), Level: levelName(e.Level),
		Message: e.Text, Category: e.Component, Data: e.Attrs, Missed: e.Missed,
	}
}

// levelName returns the challenge's name of a level.
func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	case l >= slog.LevelInfo:
		return "log"
	}
	return "debug"
}
