package wire

import (
	"encoding/json"
	"fmt"

	"github.com/filavip/filavip/internal/order"
)

// The events of the live view, under the names that Socket.IO and server-sent events
// give them. What status carries is [Status].
const (
	EventConnected = "connected"
	EventStatus    = "status"
	EventPhase     = "phase"
	EventProgress  = "progress"
	EventMetrics   = "metrics"
	EventLog       = "log"
)

// LiveEvents returns the names of all events that a server sends by itself.
func LiveEvents() []string {
	return []string{EventConnected, EventStatus, EventPhase, EventProgress, EventMetrics, EventLog}
}

// Connected is the first event of a connection.
type Connected struct {
	Message   string `json:"message"`
	Timestamp int64  `json:"timestamp"`
	ClientID  string `json:"clientId"`
	Version   string `json:"version"`
}

// PhaseChange says that a run has moved from one phase to the next. Every one is sent.
type PhaseChange struct {
	RunID     order.RunID `json:"runId"`
	From      order.Phase `json:"from"`
	To        order.Phase `json:"to"`
	At        Instant     `json:"at"`
	Timestamp int64       `json:"timestamp"`
}

// LiveProgress says how far a run is within its phase.
type LiveProgress struct {
	RunID           order.RunID `json:"runId"`
	Phase           order.Phase `json:"phase"`
	Progress        float64     `json:"progress"` // percent, to two decimals; 0 while the end is not known
	Current         int64       `json:"current"`
	Total           int64       `json:"total"` // 0 while it is not known
	Message         string      `json:"message"`
	VIPProcessed    int64       `json:"vipProcessed"`
	NormalProcessed int64       `json:"normalProcessed"`
	Timestamp       int64       `json:"timestamp"`
}

// Describe fills in what follows from the phase, Current and Total.
func (p *LiveProgress) Describe() {
	p.Message = fmt.Sprintf("%s: %d", p.Phase, p.Current)
	if p.Total > 0 {
		p.Progress = float64(min(p.Current, p.Total)*10_000/p.Total) / 100
		p.Message += fmt.Sprintf(" of %d", p.Total)
	}
}

// LogLine is one line of the log as it is written.
type LogLine struct {
	Seq       uint64 `json:"seq"` // 1 for the first line of the process, and one more each time
	Timestamp int64  `json:"timestamp"`
	Level     string `json:"level"` // debug, log, warn or error
	Message   string `json:"message"`
	Category  string `json:"category,omitempty"` // which part of the program speaks
	Data      string `json:"data,omitempty"`     // key=value, separated by spaces
	Missed    uint64 `json:"missed,omitempty"`   // lines before this one that were not sent to this client
}

// Acknowledged is the answer to a command of a client, beside the fields of what the
// same command answers over HTTP; or Error alone, if it was refused.
type Acknowledged struct {
	Acknowledged bool            `json:"acknowledged"`
	Error        json.RawMessage `json:"error,omitempty"` // a Problem
}

// CommandDone tells a client by an event that its command was carried out.
type CommandDone struct {
	Quantity  int64  `json:"quantity,omitempty"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}
