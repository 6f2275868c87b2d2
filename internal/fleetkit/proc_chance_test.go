package fleetkit

import (
	"math/rand/v2"
	"os"
	"strconv"
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

// brief says that a test should only see that it works: when the short form is asked
// for, and under the race detector, which makes the double many times slower and sees as
// much of it in the short form.
func brief() bool { return testing.Short() || raceDetector }

// amount is how often to do something: what the environment says, for long runs, or else
// the given number, or few in the short form.
func amount(t *testing.T, variable string, normal, few int) int {
	t.Helper()
	if text := os.Getenv(variable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q; allowed: a whole number from 1", variable, text)
		}
		return n
	}
	if brief() {
		return few
	}
	return normal
}
