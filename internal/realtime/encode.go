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
	id       string // empty where there is nothing to come back to
	message  func() (socketio.Message, error)
}

// encoder makes packets of deliveries, each once however many clients get it. It is
// safe for concurrent use.
type encoder struct {
	epoch string

	mu     sync.Mutex // guards recent; held while encoding, so that no two do the same
	recent [64]encoded
}

// encoded is a delivery that was encoded.
type encoded struct {
	id      uint64
	resumes bool
	packets []packet
}

func newEncoder(epoch string) *encoder { return &encoder{epoch: epoch} }

// encode returns the packets of a delivery, in the order to send them. The caller does
// not change them.
func (c *encoder) encode(d event.Delivery) ([]packet, error) {
	// Where to resume is the same for all but a client that lags behind: that one gets
	// no ID and keeps the one it has.
	resumes := d.Resume == d.ID
	if line, ok := d.Event.(event.Line); ok && line.Missed > 0 {
		return c.packets(d, resumes) // how many lines are missing is one client's own
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	place := &c.recent[d.ID%uint64(len(c.recent))]
	if place.id == d.ID && place.resumes == resumes {
		return place.packets, nil
	}
	packets, err := c.packets(d, resumes)
	if err != nil {
		return nil, err
	}
	*place = encoded{id: d.ID, resumes: resumes, packets: packets}
	return packets, nil
}

// packets encodes a delivery.
func (c *encoder) packets(d event.Delivery, resumes bool) ([]packet, error) {
	var id string
	if resumes {
		id = c.epoch + "-" + strconv.FormatUint(d.ID, 10)
	}
	switch e := d.Event.(type) {
	case event.Status:
		return join(statusPacket(&e, e.At, id))
	case event.PhaseChange:
		if d.Shown == nil {
			return join(newPacket(wire.EventPhase, phaseBody(&e), id))
		}
		change, err := newPacket(wire.EventPhase, phaseBody(&e), id)
		if err != nil {
			return nil, err
		}
		shown, err := statusPacket(d.Shown, d.Shown.At, id)
		return []packet{change, shown}, err
	case event.Progress:
		return join(newPacket(wire.EventProgress, progressBody(&e), id))
	case event.Metrics:
		return join(newPacket(wire.EventMetrics, wire.NewMetrics(&e), id))
	case event.Line:
		return join(newPacket(wire.EventLog, logBody(&e), id))
	}
	return nil, nil
}

func join(p packet, err error) ([]packet, error) { return []packet{p}, err }

func newPacket(name string, v any, id string) (packet, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return packet{}, err
	}
	p := packet{name: name, body: body, id: id}
	p.message = sync.OnceValues(func() (socketio.Message, error) {
		if id == "" {
			return socketio.Encode(name, p.body)
		}
		return socketio.Encode(name, p.body, id)
	})
	return p, nil
}

func statusPacket(s *event.Status, now time.Time, id string) (packet, error) {
	body := wire.NewStatus(s.Run, s.Counts, now)
	body.InQueue(s.Paused, s.Stalled)
	p, err := newPacket(wire.EventStatus, body, id)
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
