package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/config"
)

// load gives an environment to the program's configuration, as a process would have it, and
// fails the test where it has names that are no settings or values that are not allowed.
func load(t *testing.T, where string, environ []string) config.Config {
	t.Helper()
	var known []string
	for _, s := range config.Settings() {
		known = append(known, s.Key, s.FileKey())
	}
	known = append(known, "FILAVIP_API_KEY", "FILAVIP_API_KEY_FILE", "GOMEMLIMIT", "POD_IP")
	var given []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !slices.Contains(known, name) {
			t.Errorf("%s: %s is no setting", where, name)
		}
		// A file is in the container alone, and a key is not this version's.
		if name == "FILAVIP_API_KEY" || strings.HasSuffix(name, "_FILE") {
			continue
		}
		given = append(given, name+"="+strings.ReplaceAll(value, "$(POD_IP)", "10.1.2.3"))
	}
	cfg, err := config.Load(config.Sources{Environ: given})
	if err != nil {
		t.Errorf("%s: %v", where, err)
	}
	return cfg
}
