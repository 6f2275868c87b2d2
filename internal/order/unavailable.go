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

// UnavailableServers returns the servers of all UnavailableErrors in err's tree, in its
// order.
func UnavailableServers(err error) []string {
	if e, ok := err.(*UnavailableError); ok { //nolint:errorlint // this walks the tree itself
		return []string{e.Server}
	}
	var servers []string
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case interface{ Unwrap() error }:
		return UnavailableServers(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			servers = append(servers, UnavailableServers(part)...)
		}
	}
	return servers
}
