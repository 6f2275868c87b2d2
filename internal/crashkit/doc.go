// Package crashkit holds the tests that end processes the hard way and look at what is
// left. It contains no code of the program.
//
// # What is tried
//
// The real binary is killed with SIGKILL in every phase of a run and started again
// until the run is done (TestKill). The parts of a process (store, workers, pipeline)
// run on a file system in memory that forgets what was not synced, as a machine does
// that loses its power (TestPowerLoss, TestEverySync, TestVerbs). Blocks on disk are
// damaged (TestBitRot).
//
// # What must hold
//
// After each crash the store verifies clean, holds everything that was acknowledged
// before it, and goes on by itself. What a run was told is written down while it runs,
// in a ledger, outside of the store. Generated orders and simulated failures are
// functions of the run's seed, so the digest of a finished run is known before it
// starts: whatever the crashes, it must come out.
//
// # Why the tests can be believed
//
// The program's files named mutant_*.go are planted bugs behind build tags of the same
// names; each replaces the file that does it right. TestTeeth builds the program with
// one of them at a time, and fails unless a test here catches it.
//
// Every test prints the seed of its random choices, and takes another one each time.
package crashkit
