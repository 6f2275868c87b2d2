package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runEnv runs the script that makes the secrets and returns what it says.
func runEnv(t *testing.T, file string) (string, error) {
	t.Helper()
	if runtime.GOOS == "windows" { // it has no sh to run the script with, which is for the machines that compose runs on
		t.Skip("the script is for a POSIX shell")
	}
	out, err := exec.CommandContext(t.Context(), "sh", "env", file).CombinedOutput()
	return string(out), err
}

// secrets returns the assignments of such a file.
func secrets(t *testing.T, file string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(content), -1) {
		found[m[1]] = m[2]
	}
	return found
}

func TestEnv(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	if out, err := runEnv(t, file); err != nil {
		t.Fatalf("deploy/env: %v\n%s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != 0o600 {
		t.Errorf("the file has mode %v, want 0600", got)
	}
	made := secrets(t, file)
	lengths, seen := map[string]int{}, map[string]string{}
	for name, value := range made {
		lengths[name] = len(value)
		if other, twice := seen[value]; twice {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[value] = name
		if strings.Trim(value, "0123456789abcdef") != "" {
			t.Errorf("%s has characters that are no hexadecimal digits", name)
		}
	}
	want := map[string]int{"FILAVIP_API_KEY": 64, "MONGO_ROOT_PASSWORD": 48, "MONGO_APP_PASSWORD": 48, "MONGO_MEMBER_KEY": 96, "REDIS_PASSWORD": 48}
	if diff := cmp.Diff(want, lengths); diff != "" {
		t.Errorf("lengths of the secrets (-want +got):\n%s", diff)
	}

	out, err := runEnv(t, file)
	if err != nil || !strings.Contains(out, "kept") {
		t.Errorf("deploy/env again: %v, %q; want that the file is kept", err, out)
	}
	if diff := cmp.Diff(made, secrets(t, file)); diff != "" {
		t.Errorf("deploy/env again changed the file (-before +after):\n%s", diff)
	}

	another := filepath.Join(t.TempDir(), ".env")
	if out, err := runEnv(t, another); err != nil {
		t.Fatalf("deploy/env: %v\n%s", err, out)
	}
	for name, value := range secrets(t, another) {
		if other, twice := seen[value]; twice {
			t.Errorf("%s of one file is %s of another", name, other)
		}
	}
}

func TestEnvRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"a secret is missing": {"FILAVIP_API_KEY=x\n", 0o600, "has no MONGO_ROOT_PASSWORD"},
		"a secret is empty":   {"FILAVIP_API_KEY=\n", 0o600, "has no FILAVIP_API_KEY"},
		"others may read it": {"FILAVIP_API_KEY=x\nMONGO_ROOT_PASSWORD=x\nMONGO_APP_PASSWORD=x\nMONGO_MEMBER_KEY=x\nREDIS_PASSWORD=x\n",
			0o640, "chmod 600"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(file, []byte(test.content), test.mode); err != nil {
			t.Fatal(err)
		}
		out, err := runEnv(t, file)
		if err == nil || !strings.Contains(out, test.want) {
			t.Errorf("%s: deploy/env = %v, %q; want a refusal that says %q", name, err, out, test.want)
		}
		if content, err := os.ReadFile(file); err != nil || string(content) != test.content {
			t.Errorf("%s: the file was changed to %q (%v)", name, content, err)
		}
	}
	if out, err := runEnv(t, filepath.Join(dir, "none", ".env")); err == nil || !strings.Contains(out, "cannot make") {
		t.Errorf("without a directory: deploy/env = %v, %q; want a refusal", err, out)
	}
}

// TestEnvAtOnce runs the script many times at once: one makes the file, and all others
// keep it.
func TestEnvAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, ".env")
	said := make([]string, 8)
	var all sync.WaitGroup
	for i := range said {
		all.Go(func() {
			out, err := runEnv(t, file)
			if err != nil {
				t.Errorf("deploy/env: %v\n%s", err, out)
			}
			said[i] = out
		})
	}
	all.Wait()
	if got := strings.Count(strings.Join(said, ""), "is made"); got != 1 {
		t.Errorf("%d of %d made the file, want 1:\n%s", got, len(said), strings.Join(said, ""))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("beside the file lies something: %v (%v)", left, err)
	}
}
