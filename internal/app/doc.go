// Package app puts the parts together: the store, the workers, the pipeline, the hub,
// the logs, the metrics and the API of one process, from one validated configuration.
// Everything is built in the order of its dependencies and taken down in the reverse
// one. Several apps may live in one process, as tests do.
package app
