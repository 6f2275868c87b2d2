package crashkit

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planted names the planted bugs by their build tags, with the test that has to catch
// each.
func planted() map[string]string {
	return map[string]string{
		"mutant_nosync":    "TestEverySync",      // commits return before they are durable
		"mutant_earlyack":  "TestEverySync",      // outcomes count before they are durable
		"mutant_counters":  "TestEverySync",      // counters are not in the batch of their rows
		"mutant_token":     "TestLateSettle",     // a lost claim still settles
		"mutant_gate":      "TestGateAfterCrash", // the gate does not wait for retries
		"mutant_itererror": "TestBitRot",         // nobody asks why an iteration ended
	}
}

// TestTeeth builds the program with one bug at a time and fails unless the test that
// has to catch it fails.
func TestTeeth(t *testing.T) {
	if brief() {
		t.Skip("six builds of the program, half a minute; without -short and -race, as make kill and CI run it, nothing is skipped")
	}
	t.Parallel()
	bugs := planted()
	if diff := cmp.Diff(plantedFiles(t), slices.Sorted(maps.Keys(bugs))); diff != "" {
		t.Errorf("planted bugs (-files +tests):\n%s", diff)
	}
	for _, tag := range slices.Sorted(maps.Keys(bugs)) {
		t.Run(tag, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-short", "-vet=off", "-tags", tag, "-run", "^"+bugs[tag]+"$", ".")
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("%s does not catch %s", bugs[tag], tag)
			}
			if !strings.Contains(string(out), "--- FAIL: "+bugs[tag]) || strings.Contains(string(out), "panic: ") {
				t.Fatalf("%s with %s did not fail as a test does: %v\n%s", bugs[tag], tag, err, out)
			}
		})
	}
}

// plantedFiles returns the names of the store's files that hold planted bugs, without their
// extension.
func plantedFiles(t *testing.T) (tags []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", "store", "pebblestore"), func(_ string, d fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(d.Name(), ".go"); ok && strings.HasPrefix(name, "mutant_") {
			tags = append(tags, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tags)
	return tags
}
