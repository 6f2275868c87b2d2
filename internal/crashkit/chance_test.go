package crashkit

import (
	"math/rand/v2"
	"testing"
	"time"
)

// chance returns a source of random choices for a test and prints its seed.
func chance(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// fork returns a source that goes its own way, for another goroutine.
func fork(rng *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(rng.Uint64(), 0)) }

// upTo returns a random duration below most.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most)))
}

// pick returns one of some things.
func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

// brief says that a test should only see that it works: when the short form is asked
// for, and under the race detector, which makes all this many times slower and sees as
// much of it in the short form.
func brief() bool { return testing.Short() || raceDetector }
