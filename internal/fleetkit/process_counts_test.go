package fleetkit

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// testWorkerCounts has one, two and four worker processes make the same run, which comes to what
// the embedded engine makes of it.
func (s *site) testWorkerCounts(t *testing.T) {
	t.Parallel()
	p := plan{orders: 20_000, seed: chance(t).Uint64()}
	embedded := s.embedded(t, p)
	if want := p.foretell(t).digest; embedded != want {
		t.Fatalf("the embedded engine's digest is %v, the seed foretells %v", embedded, want)
	}
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			f := s.newFleet(t)
			serve := f.serve("serve", p.args("--workers", "0", "--chunk-size", "1000")...)
			for i := range workers {
				f.worker(fmt.Sprintf("worker-%d", i))
			}
			began := time.Now()
			run := f.begin(serve, p)
			f.complete(serve, run, p)
			f.verify()
			tr := f.trace.of(run) // nothing changes it any more
			if tr.vip == 0 || len(tr.normal) == 0 {
				t.Fatal("nothing was seen of a lane")
			}
			t.Logf("%v; the last VIP block was settled by change %d, the first NORMAL block claimed by change %d, the last VIP order's document written by change %d",
				time.Since(began).Round(time.Millisecond), tr.vip, tr.normal[0], tr.vipDocument)
		})
	}
}

// embedded returns the digest of the run on the engine that is in the binary.
func (s *site) embedded(t *testing.T, p plan) order.Digest {
	t.Helper()
	dir := t.TempDir()
	command := func(args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), s.program, append(args, "--data", dir)...)
		cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return out
	}
	command(append([]string{"run", "--quantity", fmt.Sprint(p.orders), "--seed", strconv.FormatUint(p.seed, 10)}, p.args()...)...)
	var found struct {
		Runs []struct{ Digest order.Digest }
	}
	if err := json.Unmarshal(command("verify", "-o", "json"), &found); err != nil || len(found.Runs) != 1 {
		t.Fatalf("verify found %d runs: %v", len(found.Runs), err)
	}
	return found.Runs[0].Digest
}
