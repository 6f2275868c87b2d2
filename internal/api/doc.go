// Package api is the HTTP surface: routes, parameters, errors, limits, and the OpenAPI
// document that describes them. It decides nothing about orders; it asks the pipeline,
// the queue and the store, and answers in the shapes of package wire.
//
// # A request's way
//
//	log > recover > security headers > Host list > CORS > key > cross-origin check
//	    > in-flight cap > body limit > routing > parameters > handler
//
// Each of those is one small function in a file of its own. Whatever refuses a request
// answers with a problem (RFC 9457) whose type is a page of this very server, in the
// language the client asked for.
//
// # The key
//
// Where there is one, every request needs it, but for routes that say of themselves that
// they are open: the dashboard's pages and files, which have to ask for it; the exchange of
// the key for a session; and the probes, which then say no more than yes or no.
//
// # Parameters
//
// A POST takes its parameters from the query or from a JSON object in the body, by the
// same names; a parameter given twice, anywhere, is an error. Numbers are read from
// the text as it was sent: one value of up to ten digits, then the range. What is
// wrong is answered with the parameter, the value and what is allowed, and then
// nothing has happened.
//
// # Repeating a call
//
// A POST with an Idempotency-Key has its effect once. The key travels down to the
// commit of the effect, so a repetition is recognised after a crash too, and gets the
// answer of the first call. While the first is under way a second is refused with 409;
// the key with other parameters is refused with 422.
package api
