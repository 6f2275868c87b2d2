package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// do sends a command that must succeed.
func do(t *testing.T, s *Server, args ...string) any {
	t.Helper()
	reply, err := s.Do(args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return reply
}

func TestKillKeepsWhatWasSynced(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Appendfsync: "always"})
	before := s.Addr()
	for life := range 3 {
		do(t, s, "INCR", "lives")
		s.Kill()
		if _, err := s.Do("PING"); err == nil {
			t.Fatal("a killed server answers")
		}
		s.Restart()
		if got := do(t, s, "GET", "lives"); got != fmt.Sprint(life+1) {
			t.Errorf("lives = %v, want %d", got, life+1)
		}
	}
	s.Stop()
	s.Restart()
	if got := do(t, s, "GET", "lives"); got != "3" || s.Addr() != before {
		t.Errorf("lives = %v at %s after a stop, want 3 at %s", got, s.Addr(), before)
	}
}

func TestWhatWasNotWrittenIsLost(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Config: []string{"appendonly no"}})
	do(t, s, "SET", "k", "v")
	s.Kill()
	s.Restart()
	if got := do(t, s, "GET", "k"); got != nil {
		t.Errorf("GET = %v after a kill without an append-only file, want nothing", got)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	setting := func(s *Server, name string) any {
		return do(t, s, "CONFIG", "GET", name).([]any)[1]
	}
	s := Start(t, Options{})
	changed := Start(t, Options{Appendfsync: "no", MaxmemoryPolicy: "allkeys-lru", Config: []string{"maxmemory 10mb", "appendonly no"}})
	for _, test := range []struct{ name, usual, changed string }{
		{"appendonly", "yes", "no"},
		{"appendfsync", "everysec", "no"},
		{"maxmemory-policy", "noeviction", "allkeys-lru"},
		{"maxmemory", "0", "10485760"},
	} {
		if got := setting(s, test.name); got != test.usual {
			t.Errorf("%s = %v, want %s", test.name, got, test.usual)
		}
		if got := setting(changed, test.name); got != test.changed {
			t.Errorf("%s = %v when changed, want %s", test.name, got, test.changed)
		}
	}
}

func TestAuth(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Auth: true})
	do(t, s, "SET", "k", "v")
	if want := fmt.Sprintf("redis://:%s@%s/0", s.Password(), s.Addr()); s.URL() != want || len(s.Password()) < 20 {
		t.Errorf("URL() = %s, want %s with a long password", s.URL(), want)
	}
	c, err := dial(s.Addr(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	var refused ReplyError
	if _, err := c.do("GET", "k"); !errors.As(err, &refused) || !strings.HasPrefix(refused.Error(), "NOAUTH") {
		t.Errorf("GET without a password: %v, want NOAUTH", err)
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	s.Pause()
	c, err := dial(s.Addr(), "") // the system accepts for it
	if err != nil {
		t.Fatal(err)
	}
	defer c.conn.Close()
	if _, err := c.conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	// Silence cannot be awaited: a server that is not paused answers well within this.
	if err := c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a paused server: %v, want silence", err)
	}
	s.Resume()
	do(t, s, "PING")
	s.Pause()
	s.Kill()
	s.Restart()
	do(t, s, "PING")
}

func TestReplies(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	got := []any{
		do(t, s, "SET", "text", "a\r\nb"), do(t, s, "GET", "text"), do(t, s, "GET", "none"),
		do(t, s, "RPUSH", "list", "", "x"), do(t, s, "LRANGE", "list", "0", "-1"),
		do(t, s, "EVAL", "return {1, {redis.error_reply('NO way')}, 'z'}", "0"),
	}
	want := []any{"OK", "a\r\nb", nil, int64(2), []any{"", "x"}, []any{int64(1), []any{ReplyError("NO way")}, "z"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	var refused ReplyError
	if _, err := s.Do("NOSUCH"); !errors.As(err, &refused) {
		t.Errorf("Do(NOSUCH) = %v, want a ReplyError", err)
	}
	for _, broken := range []string{"", "+", "?1\r\n", ":x\r\n", "$5\r\nab", "*2\r\n:1\r\n", "+no end\n"} {
		if reply, err := readReply(bufio.NewReader(strings.NewReader(broken))); err == nil {
			t.Errorf("readReply(%q) = %v, want an error", broken, reply)
		}
	}
}

// failing is a test that records what would have failed it.
type failing struct {
	testing.TB
	failure string
}

func (f *failing) Fatalf(format string, args ...any) { f.failure = fmt.Sprintf(format, args...) }

func TestRestartWithoutCauseFails(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	s := Start(f, Options{})
	if s.Restart(); !strings.Contains(f.failure, "it runs") {
		t.Errorf("Restart of a server that runs: %q, want a failure that says so", f.failure)
	}
}

func TestBadConfigurationIsExplained(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Config: []string{"maxmemory lots"}})
	if err == nil || !strings.Contains(err.Error(), "maxmemory lots") {
		t.Errorf("New with a bad line: %v, want redis-server's complaint about it", err)
	}
}

func TestNewLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, "PING")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) || !s.proc.ended() {
		t.Errorf("after Close: %v, want no directory and no process", err)
	}
}

// TestTakenPortIsNotMistaken: a server that cannot have its port back is not taken for
// the one that answers there.
func TestTakenPortIsNotMistaken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	s.Kill()
	squatter, err := net.Listen("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	go func() {
		for conn, err := squatter.Accept(); err == nil; conn, err = squatter.Accept() {
			_ = conn.Close() // it answers nobody
		}
	}()
	if err := s.launch(); !errors.Is(err, errPortTaken) {
		t.Errorf("launch on a port that is taken: %v, want %v", err, errPortTaken)
	}
}

// TestDiesWithTheTest kills a process that has started a server. That process is this
// test itself, told by its environment to be the victim.
func TestDiesWithTheTest(t *testing.T) {
	t.Parallel()
	if os.Getenv("REDISTEST_VICTIM") != "" {
		fmt.Println("serves", Start(t, Options{}).Addr())
		select {}
	}
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiesWithTheTest$")
	victim.Env = append(os.Environ(), "REDISTEST_VICTIM=1", "TMPDIR="+t.TempDir())
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "serves "); ok {
			addr = rest
		}
	}
	conn, err := dial(addr, "")
	if err != nil {
		t.Fatalf("the victim's server at %q: %v", addr, err)
	}
	defer conn.conn.Close()
	if _, err := conn.do("PING"); err != nil {
		t.Fatal(err)
	}
	if err := victim.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed
	if _, err := conn.in.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the server outlives the test that started it")
	}
}
