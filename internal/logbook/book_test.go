package logbook

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the fixed clock of these tests stands.
func noon() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

const noonText = "[2026-01-31T12:00:00.000Z]"

// capture collects what is printed and published.
type capture struct {
	mu    sync.Mutex
	text  strings.Builder
	lines []event.Line
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *capture) PublishLine(l event.Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, l)
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func mustOpen(t *testing.T, opts Options) *Book {
	t.Helper()
	b, err := Open(opts)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return b
}

// logAt logs a line whose time is noon.
func logAt(b *Book, level slog.Level, text string) {
	if err := b.Logger().Handler().Handle(context.Background(), slog.NewRecord(noon(), level, text, 0)); err != nil {
		panic(err) // Handle never returns one
	}
}

func read(t *testing.T, dir string, c class) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, c.fileName()))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func TestEachLineGoesToAllPlacesOfItsClass(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "logs")
	var out capture
	b := mustOpen(t, Options{Stderr: &out, Files: true, Dir: dir, Tail: &out})
	logAt(b, slog.LevelDebug, "d")
	logAt(b, slog.LevelInfo, "i")
	logAt(b, slog.LevelInfo+2, "j")
	logAt(b, slog.LevelWarn, "w")
	logAt(b, slog.LevelError, "e")
	if err := b.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}

	const i, j = noonText + " [INFO] [filavip] i", noonText + " [INFO+2] [filavip] j"
	const w, e = noonText + " [WARN] [filavip] w", noonText + " [ERROR] [filavip] e"
	infos, warns, failures := b.Tail(9)
	if diff := cmp.Diff([][]string{{i, j}, {w}, {e}}, [][]string{infos, warns, failures}); diff != "" {
		t.Errorf("Tail(9) (-want +got):\n%s", diff)
	}
	files := []string{read(t, dir, info), read(t, dir, warn), read(t, dir, failure)}
	if diff := cmp.Diff([]string{i + "\n" + j + "\n", w + "\n", e + "\n"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(i+"\n"+j+"\n"+w+"\n"+e+"\n", out.String()); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	wantTail := []event.Line{
		{At: noon(), Level: slog.LevelInfo, Component: "filavip", Text: "i"},
		{At: noon(), Level: slog.LevelInfo + 2, Component: "filavip", Text: "j"},
		{At: noon(), Level: slog.LevelWarn, Component: "filavip", Text: "w"},
		{At: noon(), Level: slog.LevelError, Component: "filavip", Text: "e"},
	}
	if diff := cmp.Diff(wantTail, out.lines); diff != "" {
		t.Errorf("live tail (-want +got):\n%s", diff)
	}
	for _, c := range classes() {
		if got, want := b.count.lines.With(c.String()).Value(), []int64{2, 1, 1}[c]; got != want {
			t.Errorf("lines counted as %v = %d, want %d", c, got, want)
		}
	}
	if st, err := os.Stat(filepath.Join(dir, "log.messages")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode of log.messages = %v, %v, want 0600", st.Mode(), err)
	}
}

func TestStderrHonoursItsLevel(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "d i w e",
		slog.LevelInfo:  "i w e",
		slog.LevelWarn:  "w e",
		slog.LevelError: "e",
	} {
		var out capture
		b := mustOpen(t, Options{Stderr: &out, Level: level})
		logger := b.Logger()
		logger.Debug("d")
		logger.Info("i")
		logger.Warn("w")
		logger.Error("e")
		var got []string
		for line := range strings.Lines(out.String()) {
			got = append(got, line[len(line)-2:len(line)-1])
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("stderr at %v (-want +got):\n%s", level, diff)
		}
		if infos, warns, failures := b.Tail(9); len(infos) != 1 || len(warns) != 1 || len(failures) != 1 {
			t.Errorf("Tail(9) at %v = %q, %q, %q, want one line each", level, infos, warns, failures)
		}
	}
}

func TestWithoutStderrDebugIsNotEvenRendered(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, Options{Level: slog.LevelDebug})
	if b.Logger().Enabled(t.Context(), slog.LevelDebug) {
		t.Error("Enabled(DEBUG) without stderr = true, want false")
	}
}

func TestWithoutFilesNothingTouchesTheDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	b := mustOpen(t, Options{Dir: dir})
	b.Logger().Error("e")
	b.Flush()
	b.Reset()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat(%s) = %v, want not exist", dir, err)
	}
}

func TestFilesAreBuffered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := mustOpen(t, Options{Files: true, Dir: dir, BufferMax: 50})
		start := time.Now()
		lines := func() int {
			synctest.Wait()
			return strings.Count(read(t, dir, info), "\n")
		}
		logger := b.Logger()
		logger.Info("first")
		if n := lines(); n != 0 {
			t.Errorf("lines in the file at once = %d, want 0", n)
		}
		time.Sleep(749 * time.Millisecond)
		if n := lines(); n != 0 {
			t.Errorf("lines in the file after 749ms = %d, want 0", n)
		}
		time.Sleep(time.Millisecond)
		if n := lines(); n != 1 {
			t.Errorf("lines in the file after 750ms = %d, want 1", n)
		}
		for range 49 {
			logger.Info("more")
		}
		if n := lines(); n != 1 {
			t.Errorf("lines in the file with 49 in the buffer = %d, want 1", n)
		}
		logger.Info("the buffer is full")
		if n := lines(); n != 51 {
			t.Errorf("lines in the file with a full buffer = %d, want 51", n)
		}
		logger.Info("with an error behind")
		logger.Error("now")
		if n := lines(); n != 52 {
			t.Errorf("lines in the file after an error = %d, want 52", n)
		}
		logger.Info("last")
		b.Flush()
		if n := lines(); n != 53 {
			t.Errorf("lines in the file after Flush = %d, want 53", n)
		}
		if waited := time.Since(start); waited != 750*time.Millisecond {
			t.Errorf("all that took %v, want 750ms", waited)
		}
	})
}

func TestALongLineFillsTheBufferToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := mustOpen(t, Options{Files: true, Dir: dir})
		for range fullPending/maxField + 1 {
			b.Logger().Info(strings.Repeat("x", 2*maxField))
		}
		synctest.Wait()
		if got := len(read(t, dir, info)); got < fullPending {
			t.Errorf("bytes in the file = %d, want at least %d", got, fullPending)
		}
	})
}

func TestCloseIsFinal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out capture
	b := mustOpen(t, Options{Stderr: &out, Files: true, Dir: dir})
	b.Logger().Info("before")
	if err := b.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	before := read(t, dir, info)
	b.Logger().Info("after")
	b.Flush()
	if err := b.Close(); err != nil {
		t.Errorf("second Close() = %v", err)
	}
	if diff := cmp.Diff(before, read(t, dir, info)); diff != "" {
		t.Errorf("file after Close (-before +after):\n%s", diff)
	}
	if infos, _, failures := b.Tail(9); len(infos) != 2 || len(failures) != 0 {
		t.Errorf("Tail(9) = %q, %q, want both lines and no trouble", infos, failures)
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("lines on stderr = %d, want 2", got)
	}
	b.Reset()
	if got := read(t, dir, info); got != "" {
		t.Errorf("file after Close and Reset = %q, want it empty", got)
	}
}

func TestOpenRefusesOptionsOutOfBounds(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]Options{
		"small buffer":   {BufferMax: 49},
		"short interval": {FlushEvery: 199 * time.Millisecond},
		"no directory":   {Files: true},
	} {
		if b, err := Open(opts); b != nil || !errors.Is(err, order.ErrInvalid) {
			t.Errorf("%s: Open() = %v, %v, want ErrInvalid", name, b, err)
		}
	}
}

func TestResetForgetsRingAndFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := filepath.Join(dir, "log-2026-01-01T00-00-00.000-size.messages")
	if err := os.WriteFile(old, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := mustOpen(t, Options{Files: true, Dir: dir})
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		logAt(b, level, "before")
		b.Flush()
		logAt(b, level, "buffered")
	}
	b.Reset()
	for _, c := range classes() {
		if got := read(t, dir, c); got != "" {
			t.Errorf("%s after Reset = %q, want it empty", c.fileName(), got)
		}
	}
	if infos, warns, failures := b.Tail(9); len(infos)+len(warns)+len(failures) != 0 {
		t.Errorf("Tail(9) after Reset = %q, %q, %q, want nothing", infos, warns, failures)
	}
	logAt(b, slog.LevelInfo, "after")
	b.Flush()
	want := noonText + " [INFO] [filavip] after\n"
	if got := read(t, dir, info); got != want {
		t.Errorf("log.messages = %q, want %q", got, want)
	}
	if infos, _, _ := b.Tail(9); len(infos) != 1 {
		t.Errorf("Tail(9) = %q, want one line", infos)
	}
	if got, err := os.ReadFile(old); err != nil || string(got) != "old\n" {
		t.Errorf("the older file holds %q, %v, want it untouched", got, err)
	}
}

func TestAppendsToWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		b := mustOpen(t, Options{Files: true, Dir: dir})
		logAt(b, slog.LevelWarn, "w")
		if err := b.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
	}
	want := strings.Repeat(noonText+" [WARN] [filavip] w\n", 2)
	if got := read(t, dir, warn); got != want {
		t.Errorf("warn.messages = %q, want %q", got, want)
	}
}

func TestTheHubIsATail(t *testing.T) {
	t.Parallel()
	hub := event.NewHub(event.Options{})
	sub, _ := hub.Subscribe(event.Filter{})
	b := mustOpen(t, Options{Tail: hub})
	b.Logger().With("component", "queue").Warn("retry put off", "due", 2*time.Second, "why", "disk is full")
	got, err := sub.Next(t.Context())
	if err != nil {
		t.Fatalf("Next() = %v", err)
	}
	line := got.Event.(event.Line)
	line.At = time.Time{}
	want := event.Line{Seq: 1, Level: slog.LevelWarn, Component: "queue", Text: "retry put off", Attrs: `due=2s why="disk is full"`}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("Next() (-want +got):\n%s", diff)
	}
}

func TestStress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer // not safe for concurrent use
	b := mustOpen(t, Options{Stderr: &out, Files: true, Dir: dir, BufferMax: 50, Tail: &capture{}})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			logger := b.Logger().With("worker", i)
			for n := range 500 {
				logger.Info("line", "n", n)
				logger.Error("line", "n", n)
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			b.Tail(100)
			b.Reset()
			b.Flush()
		}
	})
	wg.Wait()
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	for _, c := range classes() {
		for line := range strings.Lines(read(t, dir, c)) {
			if !strings.HasPrefix(line, "[") || strings.Count(line, "[filavip] line worker=") != 1 {
				t.Errorf("%s has a torn line: %q", c.fileName(), line)
			}
		}
	}
	if got := strings.Count(out.String(), "\n"); got != 4*500*2 {
		t.Errorf("lines on stderr = %d, want %d", got, 4*500*2)
	}
	if got := b.count.lost.Value() + b.count.failures.Value(); got != 0 {
		t.Errorf("losses and failures = %d, want 0", got)
	}
}
