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
// # Servers
//
// The parts of a process (store, workers, pipeline) run over the same servers. Redis is
// killed and started again, forgets everything, comes back with what it held a while ago,
// and fails over (TestRedis*). MongoDB's connections are cut before and after its writes
// take effect, and it refuses, delays and stops (TestMongo*). Either is gone for seconds,
// or goes silent with its connections open (TestOutage*, TestSilent*).
//
// # What must hold
//
// Each run goes on by itself and ends DONE. Generated orders and simulated failures are
// functions of a run's seed, so the digest of a finished run and the document of every
// order are known before it starts: whatever the faults, they must come out. The store
// verifies clean, and no attempt was consumed but by the handler. Where processes are
// harmed, every single change of a document is watched as the double makes it: an order
// is settled once and then never written again, a NORMAL block is claimed after the last
// VIP block was settled, a phase never moves back. Changes are numbered by the double, so
// no clock has a say in what came first.
//
// # Why the tests can be believed
//
// The driver's files named mutant_*.go are planted bugs behind build tags of the same
// names; each replaces the file that does it right. TestTeeth builds the tests with one
// of them at a time, and fails unless a test here catches it.
//
// Every test prints the seed of its random choices, and takes another one each time.
package fleetkit
