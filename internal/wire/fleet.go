package wire

// Member is one process of those that GET /fleet lists: all that work on the same orders,
// by name. Where one process owns the orders it is the only one.
type Member struct {
	Node        string  `json:"node" doc:"Its name, which no other has."`
	Role        string  `json:"role" enum:"serve,run,worker"`
	Host        string  `json:"host"`
	PID         int     `json:"pid"`
	Version     string  `json:"version"`
	Addr        string  `json:"addr,omitempty" doc:"Where it listens; left out if it does not."`
	Workers     int     `json:"workers"`
	InHand      int     `json:"inHand" doc:"Of its workers, those with orders in hand."`
	StartedAt   Instant `json:"startedAt" nullable:"false"`
	SeenAt      Instant `json:"seenAt" nullable:"false" doc:"Its last sign of life, by the database's clock."`
	Alive       bool    `json:"alive" doc:"False once it has been silent for as long as a lease lasts: others take its orders over."`
	Coordinator bool    `json:"coordinator" doc:"Whether it moves runs from phase to phase; one at a time does."`
}
