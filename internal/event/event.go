package event

import (
	"log/slog"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Kind is a set of event kinds; that of one event has one member.
type Kind uint8

// The kinds.
const (
	KindStatus Kind = 1 << iota
	KindPhase
	KindProgress
	KindMetrics
	KindLine

	AllKinds Kind = 1<<iota - 1
)

// Event is one of [Status], [PhaseChange], [Progress], [Metrics] and [Line].
type Event interface {
	// Kind returns the event's kind.
	Kind() Kind
}

// Delivery is an event as a subscriber gets it.
type Delivery struct {
	// ID is the event's place among all that the hub published, from 1 on. A subscriber
	// sees the IDs of one kind rise; those of several kinds come out of order.
	ID    uint64
	Event Event
	// Resume is what a reader who got this delivery gives as [Filter.After] when it comes
	// back: nothing that waited for it has an ID that low. It is ID, or less while what
	// is older still waits.
	Resume uint64
	// Shown is, for a [PhaseChange], the snapshot that was published with it; nil if it
	// was ignored as an old one.
	Shown *Status
}

// Status is everything there is to show at one instant: a full snapshot, not a change.
type Status struct {
	Seq        uint64 // set by the hub: 1 for the first snapshot, and one more each time
	At         time.Time
	Run        *order.Run   // the current or latest batch run; nil before any. Nobody changes what it points to
	Counts     order.Counts // of Run
	Paused     bool
	Stalled    string // why nothing is handed out although some wait, such as "disk_full"; empty if none
	Generation uint64 // of the store; raised by reset
	Workers    int    // how many there are
}

// Kind implements [Event].
func (Status) Kind() Kind { return KindStatus }

// olderThan says whether s describes a state that was left before that of t. The
// generation of a store, the IDs of its runs and the phase of a run never go back.
func (s *Status) olderThan(t *Status) bool {
	if s.Generation != t.Generation {
		return s.Generation < t.Generation
	}
	if s.Run == nil || t.Run == nil {
		return s.Run == nil && t.Run != nil
	}
	if s.Run.ID != t.Run.ID {
		return string(s.Run.ID[:]) < string(t.Run.ID[:])
	}
	return s.Run.Phase < t.Run.Phase
}

// PhaseChange says that a run has moved from one phase to the next.
type PhaseChange struct {
	Run      order.RunID
	From, To order.Phase
	At       time.Time
}

// Kind implements [Event].
func (PhaseChange) Kind() Kind { return KindPhase }

// Progress says how far a run is within a phase.
type Progress struct {
	Run   order.RunID
	Phase order.Phase
	Done  int64
	Total int64 // 0 where the end is not known, as with a pipe
	// Settled counts the run's orders that have reached an outcome, by lane.
	Settled [order.PriorityCount]int64
	At      time.Time
}

// Kind implements [Event].
func (Progress) Kind() Kind { return KindProgress }

// Metrics is the sample of the latest second, and what the latest ones foretell.
type Metrics struct {
	Sample  Sample
	Workers int // how many there are
	Busy    int // of them, those with work in hand at the sample's end
	Drain   Forecast
}

// Kind implements [Event].
func (Metrics) Kind() Kind { return KindMetrics }

// Line is one line of the log. Its texts are safe to show: no control characters, no
// line breaks, bounded.
type Line struct {
	Seq       uint64 // set by the hub: 1 for the first line, and one more each time
	At        time.Time
	Level     slog.Level
	Component string // which part of the program speaks
	Text      string
	Attrs     string // rendered: key=value, separated by spaces
	Missed    uint64 // set on hand-out: lines this subscriber lost since the one before
}

// Kind implements [Event].
func (Line) Kind() Kind { return KindLine }
