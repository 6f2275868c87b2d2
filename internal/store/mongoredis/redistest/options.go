package redistest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Options say how a server keeps its data. The zero value is an append-only file that is
// synced every second, no snapshots, noeviction and no password.
type Options struct {
	Appendfsync     string   // always, everysec or no; empty: everysec
	MaxmemoryPolicy string   // empty: noeviction
	Auth            bool     // a password is generated and required
	Config          []string // further lines of redis.conf; they win over those above
}

// TB is what a server needs of a test. [testing.TB] and rapid's T have it.
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// kind is what a server is to others.
type kind int

const (
	alone kind = iota
	member
	sentinel
)

func (o Options) password() string {
	if o.Auth {
		return rand.Text()
	}
	return ""
}

// writeConfig writes the configuration that the server reads at every start. It does so
// once: sentinels have servers rewrite it.
func (s *Server) writeConfig(o Options) error {
	lines := []string{
		"bind 127.0.0.1",
		fmt.Sprintf("port %d", s.port),
		"dir " + quote(s.dir),
		"daemonize no",
	}
	if s.kind != sentinel {
		lines = append(lines,
			`save ""`,
			"appendonly yes",
			"appendfsync "+cmp.Or(o.Appendfsync, "everysec"),
			"auto-aof-rewrite-percentage 0", // no child process that a kill would leave behind
			"maxmemory-policy "+cmp.Or(o.MaxmemoryPolicy, "noeviction"),
			"repl-diskless-sync-delay 0",
		)
	}
	if s.kind == member {
		lines = append(lines, "cluster-enabled yes", fmt.Sprintf("cluster-port %d", s.bus), "cluster-node-timeout 2000")
	}
	if s.password != "" {
		lines = append(lines, "requirepass "+s.password)
	}
	lines = append(lines, o.Config...)
	return os.WriteFile(s.config(), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

func (s *Server) config() string { return filepath.Join(s.dir, "redis.conf") }
func (s *Server) log() string    { return filepath.Join(s.dir, "output.log") }

func quote(path string) string { return `"` + strings.ReplaceAll(path, `\`, `\\`) + `"` }
