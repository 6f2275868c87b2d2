package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/auth"
	"github.com/filavip/filavip/internal/wire"
)

// askForKey answers 401 to requests without the key, unless their route is open. It goes by
// what the route says of itself: whatever was not opened is shut, also what is no route.
func (a *API) askForKey(next http.Handler) http.Handler {
	if !a.opts.Guard.Asks() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.routes.isOpen(r) {
			if _, err := a.check(r); err != nil {
				a.deny(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// check says until when whoever made a request is let in, or why not.
func (a *API) check(r *http.Request) (until time.Time, err error) {
	until, err = a.opts.Guard.Check(r)
	a.noteWrong(r, err)
	return until, err
}

// noteWrong logs a wrong key, without it. How many there can be is limited.
func (a *API) noteWrong(r *http.Request, err error) {
	if errors.Is(err, auth.ErrWrongKey) {
		a.log.WarnContext(r.Context(), "wrong key", "method", r.Method, "path", r.URL.Path, "from", r.RemoteAddr)
	}
}

// Authorize says until when whoever made a request may keep a connection that stays open,
// zero for good; or answers with the problem that says why not. It is for handlers that are
// mounted open, because some of their clients show the key later than in a request.
func (a *API) Authorize(r *http.Request) (until time.Time, refusal *wire.Problem) {
	until, err := a.check(r)
	if err != nil {
		return until, &a.problem(r, err).Problem
	}
	return until, nil
}
