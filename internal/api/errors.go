package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/auth"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// kindOf is the one table from errors to kinds of problem, and through them to status
// codes. What is not in it is an internal error.
func kindOf(err error) kind {
	table := []struct {
		err  error
		kind kind
	}{
		{auth.ErrNoKey, keyNeeded},
		{auth.ErrWrongKey, wrongKey},
		{auth.ErrNoSession, sessionEnded},
		{auth.ErrTooMany, tooManyWrong},
		{order.ErrNotFound, notFound},
		{order.ErrInvalid, invalidParameter},
		{order.ErrRunActive, runActive},
		{order.ErrStale, staleCall},
		{order.ErrClaimLost, claimLost},
		{order.ErrPaused, queuePaused},
		{order.ErrGateShut, gateShut},
		{order.ErrRefConflict, refConflict},
		{order.ErrKeyReused, keyReused},
		{order.ErrDiskFull, diskFull},
		{order.ErrUnavailable, noAnswer},
		{order.ErrClosed, noAnswer},
		{order.ErrLocked, noAnswer},
		{order.ErrSchema, noAnswer},
		{order.ErrCorrupt, damagedStore},
		{context.DeadlineExceeded, noAnswer},
		{context.Canceled, noAnswer},
	}
	for _, row := range table {
		if errors.Is(err, row.err) {
			return row.kind
		}
	}
	return internalError
}

// refusal is an error that the API itself finds: its kind, with what to say about it.
type refusal struct {
	kind   kind
	detail text // in place of the kind's own
	args   []any
	faults []fault
	header http.Header
}

// fault says what is wrong with one parameter.
type fault struct {
	parameter string
	value     string
	allowed   text
	args      []any
}

// Error implements error.
func (e *refusal) Error() string { return fmt.Sprintf("refused: %s %v", e.kind, e.args) }

// refuse returns a refusal with a detail of its own.
func refuse(k kind, detail text, args ...any) *refusal {
	return &refusal{kind: k, detail: detail, args: args}
}

// problem is a [wire.Problem] as huma wants its errors.
type problem struct {
	wire.Problem
	header http.Header
}

// GetStatus implements [huma.StatusError].
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders implements [huma.HeadersError].
func (p *problem) GetHeaders() http.Header { return p.header }

// ContentType implements [huma.ContentTypeFilter].
func (p *problem) ContentType(string) string { return wire.ProblemType }

// NewError makes problems of the errors that huma itself finds, in English. The
// program sets [huma.NewError] to it, once, before the first [New].
func NewError(status int, message string, _ ...error) huma.StatusError {
	return &problem{Problem: wire.NewProblem("about:blank", status, http.StatusText(status), message)}
}

// problem returns what to answer to err, and logs it if it is nobody's doing but ours.
func (a *API) problem(r *http.Request, err error) *problem {
	active, _ := errors.AsType[*order.ActiveRunError](err)
	var mine *refusal
	switch {
	case errors.As(err, &mine):
	case active != nil:
		mine = refuse(runActive, textRunActive, active.Run)
	default:
		mine = &refusal{kind: kindOf(err)}
	}
	if mine.kind.status() >= http.StatusInternalServerError && r.Context().Err() == nil {
		a.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	lang := languageOf(r)
	p := &problem{header: mine.header}
	p.Problem = wire.NewProblem(mine.kind.uri(), mine.kind.status(),
		a.texts.say(lang, mine.kind.title()), a.detail(lang, mine))
	for _, f := range mine.faults {
		p.Errors = append(p.Errors, wire.Fault{
			Parameter: f.parameter, Value: f.value, Allowed: a.texts.say(lang, f.allowed, f.args...),
		})
	}
	if active != nil {
		p.RunID = active.Run
	}
	if mine.kind.passes() {
		p.header = http.Header{"Retry-After": {"1"}}
	}
	if p.Status == http.StatusUnauthorized {
		p.header = http.Header{"Www-Authenticate": {"Bearer"}} // as Go spells it
	}
	return p
}

// detail says what happened in one sentence: the faults if there are any, else the
// refusal's own text, else that of its kind.
func (a *API) detail(lang language, e *refusal) string {
	var all []string
	for _, f := range e.faults {
		allowed := a.texts.say(lang, f.allowed, f.args...)
		all = append(all, a.texts.say(lang, textFault, f.parameter, f.value, allowed))
	}
	switch {
	case len(all) > 0:
		return strings.Join(all, "; ")
	case e.detail != "":
		return a.texts.say(lang, e.detail, e.args...)
	}
	return a.texts.say(lang, e.kind.detail())
}

// deny answers a request with the problem of err.
func (a *API) deny(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r, err)
	header := w.Header()
	maps.Copy(header, p.header)
	header.Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p.Problem); err != nil {
		a.log.DebugContext(r.Context(), "answer not written", "path", r.URL.Path, "error", err)
	}
}
