package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// guarded starts a server that asks for a key, which is returned, in a file too.
func guarded(t *testing.T) (s *server, key, file string) {
	t.Helper()
	key = rand.Text()
	file = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return serveApp(t, "api-key-file", file), key, file
}

// TestKeyIsAskedFor says to whoever has not set it what to set.
func TestKeyIsAskedFor(t *testing.T) {
	t.Parallel()
	s, key, file := guarded(t)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte(rand.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range append(remoteLines(), "watch", "logs -f") {
		if line == "healthcheck" {
			continue
		}
		without := s.does(strings.Fields(line)...).ends(exitDenied).says("this server asks for its key", s.url, "FILAVIP_API_KEY", "--api-key-file")
		with := s.does(append(strings.Fields(line), "--api-key-file", wrong)...).ends(exitDenied).says("not the key of this server", "FILAVIP_API_KEY")
		if all := without.err + with.err; strings.Contains(all, key) {
			t.Errorf("filavip %s shows the key:\n%s", line, all)
		}
	}
	s.does("status", "--api-key-file", file).ends(exitOK).shows("No run yet")
	s.does("generate", "-n", "10", "--wait", "--api-key-file", file).ends(exitOK)
	s.does("watch", "--until-done", "--api-key-file", file).ends(exitOK)
}

// TestHealthcheckNeedsNoKey: with the key it says more.
func TestHealthcheckNeedsNoKey(t *testing.T) {
	t.Parallel()
	s, _, file := guarded(t)
	if o := s.does("healthcheck").ends(exitOK); strings.Contains(o.out, "store") {
		t.Errorf("without the key healthcheck says %q, want no check named", o.out)
	}
	s.does("healthcheck", "--api-key-file", file).ends(exitOK).shows("[+]store ok")
}

// TestKeyFromEnvironment is how most will give it. It does not run beside others.
func TestKeyFromEnvironment(t *testing.T) {
	s, key, _ := guarded(t)
	t.Setenv("FILAVIP_API_KEY", key)
	s.does("status").ends(exitOK)
	if o := filavip(t, "config").ends(exitOK).shows("FILAVIP_API_KEY"); strings.Contains(o.out+o.err, key) {
		t.Errorf("config shows the key:\n%s", o.out)
	}
	t.Setenv("FILAVIP_API_KEY", key[:15])
	o := filavip(t, "serve", "--data", t.TempDir()).ends(exitConfig).says(`FILAVIP_API_KEY="***" (environment): allowed: 16 to 512`)
	if strings.Contains(o.err, key[:15]) {
		t.Errorf("serve shows the key: %s", o.err)
	}
}
