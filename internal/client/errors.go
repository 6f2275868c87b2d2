package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// ErrUnreachable says that no filavip server was reached: nobody answers, the
// connection broke, or who answers is something else.
var ErrUnreachable = errors.New("no filavip server answers")

// Error is the server's refusal of a call.
type Error struct {
	// Status is the status code of the answer.
	Status int
	// Problem is what the server says of it. If the answer had no such body, it was
	// not a filavip server that answered, Problem has a title alone, and the error
	// wraps [ErrUnreachable] too.
	Problem wire.Problem
	// RetryAfter is when the server suggests to ask again; 0 if it does not.
	RetryAfter time.Duration

	foreign bool
}

// Error returns the server's own sentence, or the status code if there is none.
func (e *Error) Error() string {
	if e.foreign {
		return fmt.Sprintf("%v: the answer is %d %s", ErrUnreachable, e.Status, e.Problem.Title)
	}
	return e.Problem.Error()
}

// Unwrap returns [ErrUnreachable] if it was not a filavip server that answered.
func (e *Error) Unwrap() error {
	if e.foreign {
		return ErrUnreachable
	}
	return nil
}

// Denied says whether the server asks for its key: none was sent, or a wrong one.
func (e *Error) Denied() bool {
	return !e.foreign && (e.Status == http.StatusUnauthorized || e.Status == http.StatusTooManyRequests && strings.HasSuffix(e.Problem.Type, "/too-many-wrong-keys"))
}

// newError makes an error of an answer that is not a success.
func newError(a *answer) *Error {
	e := &Error{Status: a.status, RetryAfter: retryAfter(a.header)}
	if a.mediaType() == wire.ProblemType {
		if err := json.Unmarshal(a.body, &e.Problem); err == nil && e.Problem.Error() != "" {
			return e
		}
	}
	e.foreign = true
	e.Problem = wire.NewProblem("about:blank", a.status, http.StatusText(a.status), "")
	if to := a.header.Get("Location"); a.status/100 == 3 && to != "" {
		e.Problem.Title += ", which leads to " + strconv.Quote(to)
	}
	return e
}

// retryAfter reads the header of that name, where it is a number of seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// unreachable makes an error of a request that got no answer, or only part of one.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if stopped := ctx.Err(); stopped != nil {
		return fmt.Errorf("%s has not answered yet: %w", c.base, stopped)
	}
	if of, ok := errors.AsType[*url.Error](err); ok {
		err = of.Err
	}
	return fmt.Errorf("%w at %s: %w", ErrUnreachable, c.base, err)
}
