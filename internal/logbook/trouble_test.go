package logbook

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a file that fails or hangs on demand.
type disk struct {
	fails  atomic.Bool
	hang   chan struct{} // nil: never; closed: no longer
	writes atomic.Int64
	bytes  atomic.Int64
}

func (d *disk) Write(p []byte) (int, error) {
	d.writes.Add(1)
	if d.hang != nil {
		<-d.hang
	}
	if d.fails.Load() {
		return 0, errors.New("no space left on device")
	}
	d.bytes.Add(int64(len(p)))
	return len(p), nil
}

func (d *disk) Close() error {
	if d.fails.Load() {
		return errors.New("no space left on device")
	}
	return nil
}

func (d *disk) options(dir string, out io.Writer) Options {
	return Options{Stderr: out, Files: true, Dir: dir, BufferMax: 50, open: func(string) io.WriteCloser { return d }}
}

const said = "log files are incomplete"

func TestAFullDiskIsCountedAndSaidOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var d disk
		var out capture
		b := mustOpen(t, d.options(dir, &out))
		d.fails.Store(true)
		for range 3 {
			b.Logger().Info("lost")
			b.Logger().Warn("lost")
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if got := b.count.lost.Value(); got != 6 {
			t.Errorf("lost lines = %d, want 6", got)
		}
		if got := b.count.failures.Value(); got != 6 {
			t.Errorf("failures = %d, want 6", got)
		}
		if got := strings.Count(out.String(), said); got != 1 {
			t.Errorf("said %d times, want once, in:\n%s", got, out.String())
		}
		if !strings.Contains(out.String(), "no space left on device") || !strings.Contains(out.String(), "[ERROR] [logbook]") {
			t.Errorf("stderr lacks the reason:\n%s", out.String())
		}
		if infos, _, failures := b.Tail(9); len(infos) != 3 || len(failures) != 1 {
			t.Errorf("Tail(9) = %q, %q, want all lines and the trouble", infos, failures)
		}
		d.fails.Store(false)
		b.Logger().Info("written again")
		b.Flush()
		if d.bytes.Load() == 0 {
			t.Error("nothing is written after the disk has space again")
		}
	})
}

func TestAHangingDiskHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := disk{hang: make(chan struct{})}
		var out capture
		b := mustOpen(t, d.options(dir, &out))
		start := time.Now()
		text := strings.Repeat("x", maxField)
		for range 3 * maxPending / maxField {
			b.Logger().Info(text)
			synctest.Wait() // the writer hangs in its first write
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("logging took %v, want no time", waited)
		}
		if got := len(b.files.levels[info].pending); got > maxPending {
			t.Errorf("waiting bytes = %d, want at most %d", got, maxPending)
		}
		if b.count.lost.Value() == 0 || b.count.failures.Value() != 0 {
			t.Errorf("lost, failures = %d, %d, want some and none", b.count.lost.Value(), b.count.failures.Value())
		}
		if got := strings.Count(out.String(), said); got != 1 {
			t.Errorf("said %d times, want once", got)
		}
		close(d.hang)
	})
}

func TestCloseReportsWhatItCouldNotWrite(t *testing.T) {
	t.Parallel()
	var d disk
	b, err := Open(d.options(t.TempDir(), nil))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	b.Logger().Info("lost")
	d.fails.Store(true)
	err = b.Close()
	if err == nil || !strings.Contains(err.Error(), "write ") || !strings.Contains(err.Error(), "close ") {
		t.Errorf("Close() = %v, want what failed to be written and closed", err)
	}
	if got := b.count.lost.Value(); got != 1 {
		t.Errorf("lost lines = %d, want 1", got)
	}
}

func TestATroubledResetStillForgetsTheRing(t *testing.T) {
	t.Parallel()
	var d disk
	b, err := Open(d.options(t.TempDir(), nil))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	b.Logger().Info("old")
	d.fails.Store(true)
	b.Reset()
	infos, _, failures := b.Tail(9)
	if len(infos) != 0 || len(failures) != 1 {
		t.Errorf("Tail(9) after Reset = %q, %q, want nothing but the trouble", infos, failures)
	}
	d.fails.Store(false)
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if d.writes.Load() != 0 {
		t.Errorf("writes = %d, want 0: Reset forgets what waits", d.writes.Load())
	}
}

func TestADirectoryThatCannotBeUsedIsNoError(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T) (dir string){
		"a file": func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "logs")
			write(t, path)
			return path
		},
		"below a file": func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "data")
			write(t, path)
			return filepath.Join(path, "logs")
		},
		"a log file that is a link": func(t *testing.T) string {
			dir := t.TempDir()
			elsewhere := filepath.Join(t.TempDir(), "passwd")
			write(t, elsewhere)
			if err := os.Symlink(elsewhere, filepath.Join(dir, "warn.messages")); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"a log file that is a directory": func(t *testing.T) string {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "errors.messages"), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out capture
			b := mustOpen(t, Options{Stderr: &out, Files: true, Dir: prepare(t)})
			if b.files != nil {
				t.Error("the files are written all the same")
			}
			b.Logger().Info("still here")
			b.Reset()
			b.Logger().Info("still here")
			b.Flush()
			if infos, _, _ := b.Tail(9); len(infos) != 1 {
				t.Errorf("Tail(9) = %q, want one line", infos)
			}
			if got := strings.Count(out.String(), said); got != 1 {
				t.Errorf("said %d times, want once, in:\n%s", got, out.String())
			}
			if got := b.count.failures.Value(); got != 1 {
				t.Errorf("failures = %d, want 1", got)
			}
		})
	}
}

func TestEmptyFileStaysInItsDirectory(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "passwd")
	write(t, elsewhere)
	if err := os.Symlink(elsewhere, filepath.Join(dir, "log.messages")); err != nil {
		t.Fatal(err)
	}
	if err := emptyFile(dir, "log.messages"); err == nil {
		t.Error("emptyFile() through a link = nil, want an error")
	}
	if got, err := os.ReadFile(elsewhere); err != nil || len(got) == 0 {
		t.Errorf("the file elsewhere holds %q, %v, want it untouched", got, err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("content\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRotationKeepsSomeOldFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{Files: true, Dir: dir, open: func(path string) io.WriteCloser { return rotating(path, 1, 2) }}
	b := mustOpen(t, opts)
	text := strings.Repeat("x", 900)
	for i := range 5 << 20 / len(text) {
		logAt(b, slog.LevelInfo, text)
		if i%200 == 0 {
			b.Flush()
		}
	}
	if err := b.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || st.Size() > 1<<20 {
			t.Errorf("%s has %d bytes, %v, want at most 1 MiB", e.Name(), st.Size(), err)
		}
		names = append(names, e.Name())
	}
	if len(names) != 3 || names[2] != "log.messages" || !strings.HasPrefix(names[0], "log-20") {
		t.Errorf("files = %q, want log.messages and two older ones", names)
	}
	if got := b.count.lost.Value(); got != 0 {
		t.Errorf("lost lines = %d, want 0", got)
	}
}
