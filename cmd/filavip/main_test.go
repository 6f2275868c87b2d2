package main

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/config"
)

// asCommand names the variable that makes the test binary the command itself, for
// commands that start their own binary.
const asCommand = "AS_FILAVIP"

// TestMain takes out of the environment what would change the commands under test.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	for _, s := range config.Settings() {
		os.Unsetenv(s.Key)
		os.Unsetenv(s.Alias)
		os.Unsetenv(s.FileKey())
	}
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "FILAVIP_") || strings.HasPrefix(name, "LC_") || name == "LANG" {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}
