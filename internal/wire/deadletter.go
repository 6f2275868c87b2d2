package wire

// DeadLetter is an order that used up its attempts.
type DeadLetter struct {
	Order        Order   `json:"order"`
	Group        string  `json:"group" doc:"The reason with its numbers and names left out: what failed alike has the same."`
	Attempts     int     `json:"attempts"`
	FirstFailure Instant `json:"firstFailure" nullable:"false"`
	LastFailure  Instant `json:"lastFailure" nullable:"false"`
	Redriven     int     `json:"redriven" doc:"How often it was put back."`
}

// DeadLetterPage is the answer to GET /pedidos/queue/dead-letter: one page, oldest order
// first.
type DeadLetterPage struct {
	Limit       int          `json:"limit"`
	Count       int          `json:"count" doc:"How many dead letters this page has; it may be none although more follow."`
	DeadLetters []DeadLetter `json:"deadLetters" nullable:"false"`
	NextCursor  string       `json:"nextCursor,omitempty" doc:"Give it as cursor to get the next page; left out on the last."`
	Total       int64        `json:"total" doc:"How many dead letters there are, whatever was asked for."`
}

// DeadLetterGroups is the answer to GET /pedidos/queue/dead-letter/groups.
type DeadLetterGroups struct {
	Count    int               `json:"count" doc:"How many groups this answer lists."`
	Total    int64             `json:"total" doc:"How many dead letters there are."`
	Examined int64             `json:"examined" doc:"How many of them were grouped, oldest order first, at most 10,000."`
	Groups   []DeadLetterGroup `json:"groups" nullable:"false" doc:"Largest first."`
}

// DeadLetterGroup is a set of dead letters that failed alike.
type DeadLetterGroup struct {
	Group   string  `json:"group"`
	Count   int64   `json:"count"`
	First   Instant `json:"first" nullable:"false" doc:"The first failure of any of them."`
	Last    Instant `json:"last" nullable:"false" doc:"The last failure of any of them."`
	Example string  `json:"example" doc:"The reason of one of them, as it was."`
}

// DeadLettersRetried is the answer to POST /pedidos/queue/dead-letter/retry.
type DeadLettersRetried struct {
	Retried int64  `json:"retried" doc:"How many were put back; in a dry run, how many would be."`
	DryRun  bool   `json:"dryRun"`
	Message string `json:"message"`
}

// DeadLettersDiscarded is the answer to POST /pedidos/queue/dead-letter/discard.
type DeadLettersDiscarded struct {
	Discarded int64  `json:"discarded" doc:"How many ended removido; in a dry run, how many would."`
	DryRun    bool   `json:"dryRun"`
	Message   string `json:"message"`
}
