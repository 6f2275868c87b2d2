// Package fleetkit holds the tests that harm a fleet: processes that are killed or
// suspended, servers that fail, connections that are cut. It contains no code of the
// program.
//
// # Processes
//
// TestProcesses runs the real binary, as `filavip serve` and `filavip worker`, over a real
// Redis and MongoDB's double, which lives in the test's own process and so outlives them
// all. Workers are killed at random instants and suspended past their leases,
// coordinators are killed in every phase, and runs are cancelled and reset under workers
// that wake up later.
//
// # What must hold
//
// Generated orders and simulated failures are functions of a run's seed, so the digest of
// a finished run is known before it starts. Beside it the documents themselves are
// counted, and every single change of them is watched as the double makes it: an order is
// settled once and then never written again, a NORMAL block is claimed after the last VIP
// block was settled, a phase never moves back. Changes are numbered by the double, so no
// clock has a say in what came first.
//
// Every test prints the seed of its random choices, and takes another one each time.
package fleetkit
