// Package metrics is the small face the program shows to Prometheus: counters,
// gauges and histograms that other packages build from a [Registry] they are given,
// and the handler that serves them.
//
// # Writing and reading
//
// The values are this package's own atomics. To count is one atomic addition, to
// observe a duration two, whatever the registry does meanwhile; the client library
// meets them only when somebody scrapes. A path that handles a whole block of orders
// at once adds the block, not each order.
//
// # Closed label sets
//
// A metric with labels names, when it is built, every value each label may take. A
// value outside its set panics: an id, a path or a customer's text in a label is a
// mistake of the program, and one that fills memory in production rather than in a
// test. Counters and gauges show all their series from the start, at zero.
//
// # Registries
//
// Nothing here is global, so several instances of the program live in one process.
// Two metrics of one name in one registry panic. A nil *Registry is valid: metrics
// built from it work and are checked in the same way, and nobody sees them, so that
// tests of other packages need none.
package metrics
