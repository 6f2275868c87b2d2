package wire

import "github.com/filavip/filavip/internal/order"

// Message is an answer that only says something.
type Message struct {
	Message string `json:"message"`
}

// Started is the answer to POST /pedidos/generate.
type Started struct {
	Message        string      `json:"message"`
	Phase          order.Phase `json:"phase"`
	RunID          order.RunID `json:"runId"`
	Forced         bool        `json:"forced" doc:"Another run was ended to start this one."`
	StaleRecovered bool        `json:"staleRecovered,omitempty" doc:"The run that was ended had come to a standstill. Left out of answers that carry an idempotency key."`
	StaleReason    string      `json:"staleReason,omitempty"`
}

// Cancelled is the answer to POST /pedidos/cancel.
type Cancelled struct {
	Aborted        bool        `json:"aborted" doc:"A run was active and has been ended."`
	QueuePaused    bool        `json:"queuePaused" doc:"Always false: a cancel does not pause the queue."`
	RemovedPending int64       `json:"removedPending"`
	Purged         bool        `json:"purged"`
	LogsReset      bool        `json:"logsReset"`
	Message        string      `json:"message"`
	StillActive    bool        `json:"stillActive"`
	RunID          order.RunID `json:"runId,omitzero"`
	// WaitedForStopMs measures one call, so an answer that can be asked for again by
	// its idempotency key does not have it.
	WaitedForStopMs *int64 `json:"waitedForStopMs,omitempty" doc:"Time waited for orders in hand. Left out of answers that carry an idempotency key."`
}

// WasReset is the answer to POST /pedidos/reset.
type WasReset struct {
	Message       string `json:"message"`
	DeletedOrders int64  `json:"deletedOrders"`
	DeletedRuns   int64  `json:"deletedRuns"`
	QueueCleared  int64  `json:"queueCleared" doc:"Of the deleted orders, those that were still pending."`
}
