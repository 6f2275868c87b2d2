package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
)

// The exit statuses.
const (
	exitOK          = 0
	exitDamaged     = 1   // verify found damage, or bench what cannot be
	exitUsage       = 2   // the command line is wrong
	exitUnreachable = 3   // no server answers
	exitConflict    = 4   // what was asked contradicts what is
	exitRunFailed   = 5   // the run ended in ERROR
	exitTimeout     = 6   // it took longer than was allowed
	exitUnavailable = 69  // a server that keeps the orders does not answer, or is not set up as it must be
	exitIO          = 74  // the disk failed, or what is on it is damaged; a port is taken
	exitLocked      = 75  // another process has the data directory
	exitDenied      = 77  // the server asks for another key
	exitConfig      = 78  // the configuration is wrong
	exitInterrupted = 130 // stopped by a signal
)

// statusError is an error with the exit status it ends the process with.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// interrupted ends the process as a signal does, without a further word.
func interrupted() error { return &statusError{status: exitInterrupted} }

// withStatus gives an error an exit status; nil stays nil.
func withStatus(status int, err error) error {
	if err == nil {
		return nil
	}
	return &statusError{status, err}
}

// report prints what went wrong and returns the exit status.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		for line := range strings.Lines(text) {
			fmt.Fprintf(stderr, "filavip: %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return statusOf(err)
}

// statusOf maps an error to the exit status of its kind.
func statusOf(err error) int {
	var s *statusError
	var refused *client.Error
	switch {
	case errors.As(err, &s):
		return s.status
	case errors.Is(err, client.ErrUnreachable): // before the time limits: that of a connection is one
		return exitUnreachable
	case errors.As(err, &refused) && refused.Denied():
		return exitDenied
	case errors.As(err, &refused):
		return statusOfRefusal(refused.Status)
	case errors.Is(err, order.ErrUnavailable): // before the time limits: those of a connection are among them
		return exitUnavailable
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	case errors.Is(err, order.ErrLocked):
		return exitLocked
	case errors.Is(err, order.ErrRunActive):
		return exitConflict
	case errors.Is(err, client.ErrKey):
		return exitUsage
	}
	return exitIO // what this machine refuses: its disk, a port
}

// statusOfRefusal maps the status code of a server's answer.
func statusOfRefusal(status int) int {
	switch status {
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return exitConflict
	case http.StatusGatewayTimeout:
		return exitTimeout
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		return exitUnreachable
	case http.StatusInternalServerError, http.StatusInsufficientStorage:
		return exitIO
	}
	if status/100 == 4 {
		return exitUsage
	}
	return exitUnreachable
}
