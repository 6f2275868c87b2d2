package redistest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// readyWithin is how long a server may take until it answers, reading its data included.
const readyWithin = 60 * time.Second

// Server is a Redis server process. The methods that change it fail the test it was
// started for if they cannot do what they say; on a server made by [New] they panic.
type Server struct {
	kind     kind
	port     int
	bus      int // the port on which members of a cluster talk
	password string
	dir      string
	proc     *process
	fatalf   func(format string, args ...any)
}

// New starts a server and returns it once it answers. The caller must Close it.
func New(o Options) (*Server, error) { return newServer(alone, o) }

// Start starts a server for a test and returns it once it answers. It ends with the
// test, which logs what the server has said if it failed.
func Start(t TB, o Options) *Server {
	t.Helper()
	return start(t, alone, o)
}

func start(t TB, k kind, o Options) *Server {
	t.Helper()
	s, err := newServer(k, o)
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	s.fatalf = t.Fatalf
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			said := s.said()
			t.Logf("redis-server on port %d:\n%s", s.port, said[max(0, len(said)-16<<10):])
		}
		if err := s.Close(); err != nil {
			t.Logf("redistest: %v", err)
		}
	})
	return s
}

func newServer(k kind, o Options) (*Server, error) {
	var last error
	for range 10 {
		s, err := tryServer(k, o)
		if err == nil || !errors.Is(err, errPortTaken) {
			return s, err
		}
		last = err
	}
	return nil, last
}

func panicf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

var errPortTaken = errors.New("another process took the port first")

func tryServer(k kind, o Options) (*Server, error) {
	port, portErr := freePort()
	bus, busErr := freePort()
	dir, dirErr := os.MkdirTemp("", "redistest-*")
	if err := errors.Join(portErr, busErr, dirErr); err != nil {
		return nil, err
	}
	s := &Server{kind: k, port: port, bus: bus, password: o.password(), dir: dir, fatalf: panicf}
	err := s.writeConfig(o)
	if err == nil {
		err = s.launch()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// launch starts the process and waits until it serves what it has on disk.
func (s *Server) launch() error {
	args := []string{s.config()}
	if s.kind == sentinel {
		args = append(args, "--sentinel")
	}
	before := len(s.said())
	var err error
	if s.proc, err = launch(s.log(), args...); err != nil {
		return err
	}
	var last error
	for begun := time.Now(); time.Since(begun) < readyWithin; {
		if last = s.ready(); last == nil {
			return nil
		}
		if s.proc.ended() {
			said := s.said()[before:]
			if strings.Contains(said, "ddress already in use") {
				return fmt.Errorf("start redis-server on port %d: %w", s.port, errPortTaken)
			}
			return fmt.Errorf("redis-server ended as it started:\n%s", said)
		}
		time.Sleep(5 * time.Millisecond) // the server tells nobody when it is ready
	}
	s.proc.kill()
	return fmt.Errorf("redis-server on port %d was not ready within %v: %w", s.port, readyWithin, last)
}

// ready returns nil once it is this very process that serves on the port.
func (s *Server) ready() error {
	if _, err := s.Do("PING"); err != nil {
		return err
	}
	pid, err := s.Info("server", "process_id")
	if err == nil && pid != strconv.Itoa(s.proc.cmd.Process.Pid) {
		return fmt.Errorf("process %s serves on port %d, not %d", pid, s.port, s.proc.cmd.Process.Pid)
	}
	return err
}

// Addr returns host and port.
func (s *Server) Addr() string { return hostPort(s.port) }

// Port returns the port. It is the same after a restart.
func (s *Server) Port() int { return s.port }

// Password returns the generated password, or "".
func (s *Server) Password() string { return s.password }

// URL returns the server's address as a redis URL, with the password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "redis", Host: s.Addr(), Path: "/0"}
	if s.password != "" {
		u.User = url.UserPassword("", s.password)
	}
	return u.String()
}

// Do sends a command over a connection of its own. The reply is a string, an int64, a
// []any of replies, or nil; what the server refuses is a [ReplyError]. After 5 seconds
// it gives up.
func (s *Server) Do(args ...string) (any, error) {
	c, err := dial(s.Addr(), s.password)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	return c.do(args...)
}

// Info returns one field of a section of INFO, such as used_memory of memory; "" if
// there is none.
func (s *Server) Info(section, field string) (string, error) {
	reply, err := s.Do("INFO", section)
	text, _ := reply.(string)
	return fieldOf(text, field), err
}

// fieldOf finds a line "field:value".
func fieldOf(text, field string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Kill ends the server with SIGKILL and returns once it is gone.
func (s *Server) Kill() { s.proc.kill() }

// Stop ends the server in order and returns once it is gone.
func (s *Server) Stop() { s.proc.stop() }

// Restart starts the server again after Kill or Stop, on the same port and with the same
// data, and returns once it has read them.
func (s *Server) Restart() {
	if !s.proc.ended() {
		s.fatalf("redistest: restart the server on port %d: it runs; kill or stop it first", s.port)
		return
	}
	if err := s.launch(); err != nil {
		s.fatalf("redistest: restart: %v", err)
	}
}

// Pause suspends the server: connections stay open and nothing answers.
func (s *Server) Pause() { pause(s.proc.cmd.Process) }

// Resume lets a paused server go on.
func (s *Server) Resume() { resume(s.proc.cmd.Process) }

// Close ends the server if it runs and removes its data.
func (s *Server) Close() error {
	if s.proc != nil {
		s.proc.stop()
	}
	return os.RemoveAll(s.dir)
}

// said returns what the server has written since its first start.
func (s *Server) said() string {
	text, err := os.ReadFile(s.log())
	if err != nil {
		return ""
	}
	return string(text)
}
