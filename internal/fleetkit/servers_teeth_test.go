package fleetkit

import (
	"maps"
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
		"mutant_redisack":  "TestAckAfterCommit", // Redis forgets a claim before MongoDB has its outcomes
		"mutant_redisgate": "TestGateAbsent",     // a gate that is not there is open
		"mutant_upsert":    "TestLateSettle",     // outcomes make what is not there
	}
}

// TestTeeth builds the driver with one bug at a time and fails unless the test that has
// to catch it fails.
func TestTeeth(t *testing.T) {
	if brief() { // three builds with -race would take longer than all other tests of the package
		t.Skip("three builds of the driver; without -short and -race, as make fleet and CI run it, nothing is skipped")
	}
	t.Parallel()
	bugs := planted()
	if diff := cmp.Diff(plantedFiles(t), slices.Sorted(maps.Keys(bugs))); diff != "" {
		t.Errorf("planted bugs (-files +tests):\n%s", diff)
	}
	for _, tag := range slices.Sorted(maps.Keys(bugs)) {
		t.Run(tag, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-short", "-vet=off", "-tags", tag, "-run", "^"+bugs[tag]+"$", ".")
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

// plantedFiles returns the names of the driver's files that hold planted bugs, without
// their extension.
func plantedFiles(t *testing.T) (tags []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "store", "mongoredis", "mutant_*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		tags = append(tags, strings.TrimSuffix(filepath.Base(f), ".go"))
	}
	slices.Sort(tags)
	return tags
}
