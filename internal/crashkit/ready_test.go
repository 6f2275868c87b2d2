package crashkit

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// timeToReady kills a run of a million stored orders a few times and logs how long the
// store then takes to open, which is what a restart waits for.
func timeToReady(t *testing.T, bin program, rng *rand.Rand) {
	t.Helper()
	dir := t.TempDir()
	for range 3 {
		proc := bin.run(t, dir, "--quantity", "1000000", "--seed", "1")
		for phase := range proc.phases {
			if phase >= order.WaitingNormalDrain {
				break
			}
		}
		time.Sleep(upTo(rng, 200*time.Millisecond)) // at random, not at an event: a kill at an event would always hit the same instruction
		_ = proc.cmd.Process.Kill()
		if _, err := proc.end(0); err != nil && !killed(err) {
			t.Fatalf("run ended with %v:\n%s", err, proc.stderr.String())
		}
		began := time.Now()
		db, err := pebblestore.Open(filepath.Join(dir, "data", "store"), pebblestore.Options{MustExist: true})
		if err != nil {
			t.Fatalf("Open() after a kill = %v", err)
		}
		took := time.Since(began)
		totals, err := db.Totals(t.Context())
		if err != nil {
			t.Fatalf("Totals() = %v", err)
		}
		t.Logf("%v until ready with %d orders, %d of them pending", took.Round(time.Millisecond), totals.Counts.Generated(), totals.Counts.Unsettled())
		shut(t, db)
		if totals.Counts.Unsettled() == 0 {
			return
		}
	}
}
