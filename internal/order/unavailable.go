package order

import "fmt"

// UnavailableError is [ErrUnavailable] together with the server that is.
type UnavailableError struct {
	Server string // a word that may be shown to anybody, such as "mongodb" or "redis"
	Err    error  // what happened, and what to do
}

// Error returns the server and what happened.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s %v: %v", e.Server, ErrUnavailable, e.Err)
}

// Unwrap returns [ErrUnavailable] and what happened.
func (e *UnavailableError) Unwrap() []error { return []error{ErrUnavailable, e.Err} }

// UnavailableErrors returns all UnavailableErrors in err's tree, in its order; what one of
// them wraps is not looked into.
func UnavailableErrors(err error) []*UnavailableError {
	if e, ok := err.(*UnavailableError); ok { //nolint:errorlint // this walks the tree itself
		return []*UnavailableError{e}
	}
	var all []*UnavailableError
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case interface{ Unwrap() error }:
		return UnavailableErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			all = append(all, UnavailableErrors(part)...)
		}
	}
	return all
}

// UnavailableServers returns the servers of all UnavailableErrors in err's tree, in its
// order.
func UnavailableServers(err error) []string {
	var servers []string
	for _, e := range UnavailableErrors(err) {
		servers = append(servers, e.Server)
	}
	return servers
}
