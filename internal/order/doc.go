// Package order is the domain: what an order is, which lane its tier puts it
// in, what processing does to it, and what a run of orders goes through from
// generation to the end.
//
// The rules here are pure functions of their arguments: time is passed in, not
// read, and nothing here knows how an order is stored, queued or shown. The
// package imports only the standard library and is imported by every other.
//
// # The oracle
//
// Order i of a generated run is a function of the run's seed and of i, and
// processing is a function of the order. The [Digest] of a finished run is
// therefore known before the run starts. Whatever happens in between (crashes,
// any number of workers, any block size, any store), the digest that is read
// back must be that one; a lost, doubled, changed or swapped order shows.
package order
