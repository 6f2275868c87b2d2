package wire

// Story is the answer to GET /pedidos/{id}/story: an order with what is known of its way.
type Story struct {
	Order      Order        `json:"order"`
	Events     []StoryEvent `json:"events" nullable:"false" doc:"Oldest first, as far as their order is known."`
	DeadLetter *DeadLetter  `json:"deadLetter,omitempty" doc:"Of an order that is or was one."`
}

// StoryEvent is one step of an order's way.
type StoryEvent struct {
	At       Instant `json:"at" doc:"Null where the instant is not kept."`
	Kind     string  `json:"kind" enum:"accepted,waiting,failed,redriven,processed,dead,removed"`
	Text     string  `json:"text"`
	Attempts int     `json:"attempts,omitempty" doc:"Attempts used up by then."`
}

// The kinds of a [StoryEvent].
const (
	StoryAccepted  = "accepted"
	StoryWaiting   = "waiting" // not settled yet: it waits, waits for a retry, or is in hand
	StoryFailed    = "failed"
	StoryRedriven  = "redriven"
	StoryProcessed = "processed"
	StoryDead      = "dead"
	StoryRemoved   = "removed"
)
