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

// defaultQuantity is how many orders a run has that was asked for without a number.
const defaultQuantity = 1_000_000

// accepted is the answer to work that has been taken on and goes on by itself.
type accepted struct {
	Location string `header:"Location" doc:"Where to follow the run."`
	Body     wire.Started
}

// generateParams are the parameters of POST /pedidos/generate.
type generateParams struct {
	quantity       wholeNumber
	force          flag
	autoForce      flag
	returnOnActive flag
	seed           seedNumber
	tiers          tierWeights
}

func (a *API) generateParams() generateParams {
	return generateParams{
		quantity: wholeNumber{
			name: "quantity", doc: "How many orders.",
			byDefault: min(defaultQuantity, a.opts.MaxOrders), min: 1, max: a.opts.MaxOrders,
		},
		force: flag{name: "force", doc: "Cancel the active run, if there is one, and start."},
		autoForce: flag{
			name: "autoForceIfStale", byDefault: true,
			doc: "End the active run and start if that run has come to a standstill.",
		},
		returnOnActive: flag{
			name: "returnOnActive", byDefault: true,
			doc: "Accepted and without effect: a run that is active is always answered with 409 and its runId.",
		},
		seed: seedNumber{
			name: "seed",
			doc:  "The number that decides every order, from 0 to 18446744073709551615; the same seed makes the same orders. Random if not given.",
		},
		tiers: tierWeights{
			name: "tiers",
			doc:  "The weights of BRONZE, SILVER, GOLD and DIAMOND, as in 40,30,20,10. Those of the server's configuration if not given.",
		},
	}
}

func (a *API) registerGenerate() {
	p := a.generateParams()
	handle(a, route{
		method: http.MethodPost, paths: []string{"/pedidos/generate", "/generate"}, id: "generate", tag: "run",
		summary: "Start a run of generated orders",
		more:    "Answers as soon as the run is durable; Location says where to follow it.",
		status:  http.StatusAccepted,
		params:  []parameter{p.quantity, p.force, p.autoForce, p.returnOnActive, p.seed, p.tiers, idempotencyKey{}},
		errors: []int{
			http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
			http.StatusUnprocessableEntity, http.StatusServiceUnavailable, http.StatusInsufficientStorage,
		},
	}, a.generate)
}

func (a *API) generate(ctx context.Context, req *request) (*accepted, error) {
	p, in := a.generateParams(), req.reading()
	quantity, force, autoForce := in.number(p.quantity), in.flag(p.force), in.flag(p.autoForce)
	in.flag(p.returnOnActive)
	seed, weights := in.seed(p.seed), in.weights(p.tiers)
	if err := in.err(); err != nil {
		return nil, err
	}
	spec := a.opts.NewSpec(quantity)
	if seed != nil {
		spec.Seed = *seed
	}
	if weights != nil {
		spec.Weights = *weights
	}
	run, standstill, err := a.start(ctx, spec, force, autoForce, req.idem)
	if err != nil {
		return nil, err
	}
	started := wire.Started{
		Message: a.startedText(req, &run, standstill),
		Phase:   run.Phase,
		RunID:   run.ID,
		Forced:  run.Spec.Forced,
	}
	if req.idem == nil {
		started.StaleRecovered, started.StaleReason = standstill != "", standstill
	}
	return &accepted{Location: "/pedidos/runs/" + run.ID.String(), Body: started}, nil
}

// start starts a run. If another is active it is ended first where that is asked for,
// or where it has come to a standstill; standstill then says why.
//
// The start is tried before anything is ended: a call that is repeated by its key gets
// its run from the store, and must not end the very run it started.
func (a *API) start(ctx context.Context, spec order.Spec, force, autoForce bool, idem *store.Idempotency) (run order.Run, standstill string, err error) {
	run, err = a.opts.Pipeline.Start(ctx, spec, idem)
	if !errors.Is(err, order.ErrRunActive) {
		return run, "", err
	}
	active := err
	switch {
	case force:
		end := store.CancelOptions{At: a.opts.Now(), Reason: "ended by a start with force=true"}
		_, err = a.opts.Pipeline.Cancel(ctx, end, 0, nil)
	case autoForce:
		standstill, err = a.opts.Pipeline.EndStale(ctx)
		if err == nil && standstill == "" {
			return run, "", active
		}
	default:
		return run, "", active
	}
	if err != nil && !errors.Is(err, order.ErrNotFound) {
		return run, "", fmt.Errorf("end the active run: %w", err)
	}
	spec.Forced = true
	run, err = a.opts.Pipeline.Start(ctx, spec, idem)
	return run, standstill, err
}

// startedText depends on what is stored alone where the call can be repeated by its
// key, so that the repetition reads the same.
func (a *API) startedText(req *request, run *order.Run, standstill string) string {
	lang := languageOf(req.http)
	switch {
	case standstill != "" && req.idem == nil:
		return a.texts.say(lang, textRecovered, standstill, run.Spec.Target)
	case run.Spec.Forced:
		return a.texts.say(lang, textForced, run.Spec.Target)
	}
	return a.texts.say(lang, textStarted, run.Spec.Target)
}
