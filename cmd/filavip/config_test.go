package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/config"
)

// The tests that change the environment or the directory do not run beside others.

func TestConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	const password, credentials = "hunter2", "user:pencil"
	t.Setenv("PORT", "8080")
	t.Setenv("REDIS_PASSWORD", password)
	t.Setenv("MONGO_URI", "mongodb://"+credentials+"@db.example/orders?tlsCertificateKeyFilePassword="+password)
	if err := os.WriteFile(".env", []byte("PORT=1\nORDERS_QUEUE_CONCURRENCY=7\nNODE_ENV=production\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table := filavip(t, "config", "--data", "/elsewhere").ends(exitOK).shows("setting", "origin").warns("warning: NODE_ENV (.env line 3) does nothing")
	var rows [][]string
	for line := range strings.Lines(table.out) {
		if words := strings.Fields(line); slices.Contains([]string{"PORT", "HOST", "FILAVIP_DATA", "ORDERS_QUEUE_CONCURRENCY", "REDIS_PASSWORD", "FILAVIP_URL"}, words[0]) {
			rows = append(rows, words)
		}
	}
	want := [][]string{
		{"HOST", "127.0.0.1", "default"}, {"PORT", "8080", "environment"}, {"FILAVIP_DATA", "/elsewhere", "flag,", "as", "--data"},
		{"REDIS_PASSWORD", "***", "environment"}, {"ORDERS_QUEUE_CONCURRENCY", "7", ".env"}, {"FILAVIP_URL", "http://127.0.0.1:8080", "default"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	asJSON := filavip(t, "config", "-o", "json").ends(exitOK)
	entries := decoded[[]config.Entry](asJSON)
	if len(entries) != len(config.Settings()) {
		t.Errorf("config -o json has %d settings, want all %d", len(entries), len(config.Settings()))
	}
	if port := (config.Entry{Key: "PORT", Value: "8080", Origin: config.Environment, Name: "PORT"}); !slices.Contains(entries, port) {
		t.Errorf("config -o json lacks %+v:\n%s", port, asJSON.out)
	}
	for _, secret := range []string{password, credentials, "pencil"} {
		if all := table.out + table.err + asJSON.out + asJSON.err; strings.Contains(all, secret) {
			t.Errorf("config shows %q:\n%s", secret, all)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("FILAVIP_X", "1")
	for _, args := range [][]string{{"run", "-n", "5"}, {"serve"}, {"verify"}, {"config"}, {"status"}, {"healthcheck"}, {"generate"}} {
		o := filavip(t, args...).ends(exitConfig).says("filavip: FILAVIP_X=", "no such setting")
		if lines := strings.Count(o.err, "\n"); lines != 1 {
			t.Errorf("filavip %q says %d lines, want one:\n%s", args, lines, o.err)
		}
	}
	os.Unsetenv("FILAVIP_X")
	t.Setenv("PORT", "http")
	filavip(t, "config").ends(exitConfig).says(`PORT="http" (environment)`, "allowed: an integer from 0 to 65535")
	filavip(t, "status", "--url", "nowhere").ends(exitConfig).says(`--url="nowhere"`, "http or https")
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("commands that were refused left %v, %v", entries, err)
	}
}

// TestWrongBooleans are told together with all else that is wrong.
func TestWrongBooleans(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	filavip(t, "serve", "--data", dir, "--backend-logs=maybe", "--workers", "10001", "--insecure-open=TRUE").ends(exitConfig).
		says(`--backend-logs="maybe" (flag): allowed: true, false, 1 or 0`, `--insecure-open="TRUE"`, `--workers="10001"`)
	for _, flag := range []string{"--backend-logs", "--backend-logs=1", "--backend-logs=false"} {
		filavip(t, "run", "-n", "5", "--data", dir, flag).ends(exitOK)
	}
	filavip(t, "serve", "--help").ends(exitOK).shows("--backend-logs  ", "(default true)", "port of the API; 0 takes any free one")
}

// TestMongoURI concerns what keeps orders, and nothing else.
func TestMongoURI(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("MONGO_URI", "mongodb://user:pencil@127.0.0.1:1/orders")
	t.Setenv("FILAVIP_CONNECT_TIMEOUT", "100ms")
	for _, args := range [][]string{{"run", "-n", "5"}, {"serve", "--port", "0"}, {"verify"}, {"worker"}} {
		o := filavip(t, args...).ends(exitUnavailable).says("MONGO_URI")
		if strings.Contains(o.err, "pencil") {
			t.Errorf("filavip %q shows the password: %s", args, o.err)
		}
	}
	filavip(t, "config").ends(exitOK).shows("MONGO_URI")
}

// TestURLFromEnvironment finds the server as a user who has set FILAVIP_URL once.
func TestURLFromEnvironment(t *testing.T) {
	s := serveApp(t)
	t.Setenv("FILAVIP_URL", s.url+"/")
	filavip(t, "status").ends(exitOK).shows("No run yet")
	t.Setenv("FILAVIP_URL", "")
	t.Setenv("PORT", s.url[strings.LastIndexByte(s.url, ':')+1:])
	filavip(t, "healthcheck").ends(exitOK)
}
