// Package queue works the lanes of a store off: workers claim blocks, call the run's
// handler for each order, and settle the outcomes.
//
// # Who may start
//
// Pause, cancel and the gate are asked before every order, not only at the claim. When
// one of them says no, the worker settles what it has finished and gives the rest back;
// orders already inside a handler finish, at most one per worker.
//
// # Failures
//
// A handler is called for one order at a time, with a recover around each call. An
// order that fails is tried again alone, after a growing delay, until its attempts are
// used up; then it is a dead letter. Its block mates are not held back. What is not the
// order's fault (a store in trouble, a shutdown, a revoked claim) uses up no attempt.
//
// # Settling
//
// Handlers that take no time are settled a block at a time, others every quarter of a
// second. Handlers run at least once; their effect on the store is applied once, since
// a claim settles an order at most once and a lost claim settles nothing.
package queue
