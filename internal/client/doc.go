// Package client speaks to a filavip server over HTTP. The command line and the
// end-to-end tests use it.
//
// Every call is one request: nothing is retried but what net/http retries by itself,
// which is what cannot have had an effect or carries an idempotency key. Redirects are
// not followed, because a POST that is sent elsewhere is no longer the call that was
// meant.
//
// A call ends in one of four ways: with the server's answer; with an [*Error], which
// holds what the server refused and why; with an error that wraps [ErrUnreachable],
// when nobody answers there or who answers is no filavip server; or with the context's
// error, when the time for it was up.
package client
