package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// maxIDs is how many orders one call may name.
const maxIDs = 1000

// deadSetParams are the parameters of the calls that act on dead letters.
type deadSetParams struct {
	ids         orderIDs
	group       phrase
	all, dryRun flag
	limit       wholeNumber
}

func dryRunParam() flag {
	return flag{name: "dryRun", doc: "Count what the call would take, and change nothing. Nothing is kept for an idempotency key."}
}

func newDeadSetParams() deadSetParams {
	return deadSetParams{
		ids: orderIDs{
			name: "ids", most: maxIDs,
			doc: "The dead letters of these orders. What is no dead letter is passed over.",
		},
		group:  groupParam(),
		all:    flag{name: "all", doc: "All dead letters."},
		limit:  wholeNumber{name: "limit", doc: "How many at most, oldest order first; 0 for all of them.", max: longestNumber},
		dryRun: dryRunParam(),
	}
}

func (a *API) registerRedrive() {
	p := newDeadSetParams()
	params := []parameter{p.ids, p.group, p.all, p.limit, p.dryRun, idempotencyKey{}}
	handle(a, route{
		method: http.MethodPost, paths: []string{deadLettersPath + "/retry"}, id: "retry-dead-letters", tag: "queue",
		summary: "Put dead letters back: those of some orders, of a group, or all",
		more:    "Exactly one of ids, group and all is required. Their attempts begin anew. The gate holds for them as for any order. Those of cancelled runs stay: they can only be discarded.",
		params:  params,
		errors:  mutationErrors(),
	}, a.retryDeadLetters)
	handle(a, route{
		method: http.MethodPost, paths: []string{deadLettersPath + "/discard"}, id: "discard-dead-letters", tag: "queue",
		summary: "Discard dead letters: those of some orders, of a group, or all",
		more:    "Exactly one of ids, group and all is required. The orders end removido.",
		params:  params,
		errors:  mutationErrors(),
	}, a.discardDeadLetters)
}

// deadSet is which dead letters a call is to act on, and how.
type deadSet struct {
	store.DeadSet
	limit  int64
	dryRun bool
}

// readDeadSet reads the parameters.
func (a *API) readDeadSet(ctx context.Context, req *request) (deadSet, error) {
	p, in := newDeadSetParams(), req.reading()
	ids := in.orderIDs(p.ids)
	set := deadSet{limit: in.number(p.limit), dryRun: in.flag(p.dryRun)}
	set.Group = in.phrase(p.group)
	var given []string
	for name, is := range map[string]bool{p.ids.name: ids != nil, p.group.name: set.Group != "", p.all.name: in.flag(p.all)} {
		if is {
			given = append(given, name)
		}
	}
	if len(in.faults) == 0 && len(given) != 1 {
		in.fault(p.ids.name, req.args[p.ids.name], allowedOneOf, p.ids.name, p.group.name, p.all.name)
	}
	if err := in.err(); err != nil {
		return set, err
	}
	var err error
	if ids != nil {
		set.Keys, err = a.keysOf(ctx, ids)
	}
	return set, err
}

// keysOf returns the keys of the orders of these names. It is never empty, since no keys
// would mean all dead letters: the zero key stands for the names that are nobody's.
func (a *API) keysOf(ctx context.Context, ids []string) ([]order.Key, error) {
	keys := make([]order.Key, 0, len(ids))
	for _, id := range ids {
		o, err := a.findOrder(ctx, id)
		if err != nil && !errors.Is(err, order.ErrNotFound) {
			return nil, err
		}
		keys = append(keys, o.Key)
	}
	return keys, nil
}

func (a *API) retryDeadLetters(ctx context.Context, req *request) (*body[wire.DeadLettersRetried], error) {
	set, err := a.readDeadSet(ctx, req)
	if err != nil {
		return nil, err
	}
	opts := store.RedriveOptions{DeadSet: set.DeadSet, Limit: set.limit, At: a.opts.Now(), DryRun: set.dryRun}
	n, err := a.opts.Store.Redrive(ctx, opts, req.idem)
	if err != nil {
		return nil, fmt.Errorf("retry dead letters: %w", err)
	}
	message := textRetried
	if set.dryRun {
		message = textWouldRetry
	}
	return &body[wire.DeadLettersRetried]{wire.DeadLettersRetried{
		Retried: n, DryRun: set.dryRun, Message: a.texts.say(languageOf(req.http), message, n),
	}}, nil
}

func (a *API) discardDeadLetters(ctx context.Context, req *request) (*body[wire.DeadLettersDiscarded], error) {
	set, err := a.readDeadSet(ctx, req)
	if err != nil {
		return nil, err
	}
	opts := store.CleanOptions{
		State: store.FailedJob, DeadSet: set.DeadSet, Limit: set.limit, At: a.opts.Now(), DryRun: set.dryRun,
	}
	n, err := a.opts.Store.Clean(ctx, opts, req.idem)
	if err != nil {
		return nil, fmt.Errorf("discard dead letters: %w", err)
	}
	message := textDiscarded
	if set.dryRun {
		message = textWouldDiscard
	}
	return &body[wire.DeadLettersDiscarded]{wire.DeadLettersDiscarded{
		Discarded: n, DryRun: set.dryRun, Message: a.texts.say(languageOf(req.http), message, n),
	}}, nil
}
