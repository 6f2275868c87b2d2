package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// longestWait is how long a cancel may wait for orders in hand, in milliseconds.
const longestWait = 60_000

// cancelParams are the parameters of POST /pedidos/cancel.
type cancelParams struct {
	purge, removePending, resetLogs, resetPhaseToIdle flag
	waitTimeout, pollInterval                         wholeNumber
}

func newCancelParams() cancelParams {
	return cancelParams{
		purge: flag{
			name: "purge", byDefault: true,
			doc: "Clear the run out of the queue. A cancelled run leaves the queue in any case; false only keeps purged false in the answer.",
		},
		removePending: flag{
			name: "removePending", byDefault: true,
			doc: "Pending orders end removido; false leaves them pendente, and no worker will get them.",
		},
		resetLogs: flag{name: "resetLogs", doc: "Forget the log lines in memory."},
		resetPhaseToIdle: flag{
			name: "resetPhaseToIdle",
			doc:  "Show the phase IDLE in the status instead of ERROR. The run's own row keeps ERROR.",
		},
		waitTimeout: wholeNumber{
			name: "waitTimeoutMs", byDefault: 10_000, min: 0, max: longestWait,
			doc: "How long to wait for orders in hand. The run is stopped before the wait, whatever its outcome.",
		},
		pollInterval: wholeNumber{
			name: "pollIntervalMs", byDefault: 500, min: 0, max: longestWait,
			doc: "Accepted and without effect: nothing is polled.",
		},
	}
}

func (a *API) registerCancel() {
	p := newCancelParams()
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/cancel", "/cancel"}, id: "cancel", tag: "run",
		summary: "End the active run",
		more:    "Once this is answered, no order of the run changes any more. A new run may start at once; the queue is not paused.",
		params: []parameter{
			p.purge, p.removePending, p.resetLogs, p.waitTimeout, p.pollInterval, p.resetPhaseToIdle, idempotencyKey{},
		},
		errors: mutationErrors(),
	}, a.cancel)
}

// mutationErrors are the status codes that every POST may answer with.
func mutationErrors() []int {
	return []int{
		http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
	}
}

func (a *API) cancel(ctx context.Context, req *request) (*body[wire.Cancelled], error) {
	p, in := newCancelParams(), req.reading()
	purge, resetLogs := in.flag(p.purge), in.flag(p.resetLogs)
	wait := time.Duration(in.number(p.waitTimeout)) * time.Millisecond
	in.number(p.pollInterval)
	began := a.opts.Now()
	opts := store.CancelOptions{
		At:          began,
		KeepPending: !in.flag(p.removePending),
		ShowIdle:    in.flag(p.resetPhaseToIdle),
		Reason:      "cancelled on request",
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	done, err := a.opts.Pipeline.Cancel(ctx, opts, wait, req.idem)
	if errors.Is(err, order.ErrNotFound) {
		done, err = store.Cancelled{}, nil
	}
	if err != nil {
		return nil, err
	}
	lang := languageOf(req.http)
	if !done.Was {
		return &body[wire.Cancelled]{wire.Cancelled{Message: a.texts.say(lang, textNoneToEnd)}}, nil
	}
	// A run that ended before this call began was ended by the call that it repeats.
	if resetLogs && !done.Run.Ended.Before(began) {
		a.opts.Logs.Reset()
	}
	out := wire.Cancelled{
		Aborted:        true,
		RemovedPending: done.Removed,
		Purged:         purge,
		LogsReset:      resetLogs,
		StillActive:    done.Run.Active(),
		RunID:          done.Run.ID,
		Message:        a.texts.say(lang, textCancelled, done.Run.ID, done.Removed),
	}
	if opts.KeepPending {
		out.Message = a.texts.say(lang, textKept, done.Run.ID)
	}
	if req.idem == nil {
		waited := max(0, a.opts.Now().Sub(began)).Milliseconds()
		out.WaitedForStopMs = &waited
	}
	return &body[wire.Cancelled]{out}, nil
}
