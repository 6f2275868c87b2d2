package api_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The document is part of the contract: a change of it is a change of the API.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for path, contentType := range map[string]string{
		"/openapi.json": "application/openapi+json", "/openapi.yaml": "application/openapi+yaml",
	} {
		res := f.get(path)
		if got := res.Header.Get("Content-Type"); got != contentType {
			t.Errorf("GET %s: Content-Type = %q, want %q", path, got, contentType)
		}
		got := strings.TrimRight(textOf(t, res), "\n") + "\n"
		file := filepath.Join("testdata", path)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", file, diff)
		}
	}
}
