package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
)

func TestDirectoryThatIsAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", file)...).ends(exitIO).says("it is a file; name a directory")
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
		t.Errorf("the file has become %q, %v", content, err)
	}
}

func TestMissingTable(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	if err := os.Remove(table); err != nil {
		t.Fatal(err)
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", dir)...).ends(exitIO).warns(dir)
	}
}

func TestVerifyMakesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	filavip(t, "verify", "--data", dir).ends(exitIO)
	if _, err := os.Stat(dir); err == nil {
		t.Error("verify made the directory that it was to look at")
	}
}

func TestRunIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	args := []string{"run", "-n", "200", "--simulate-work", "20ms", "--workers", "1", "--log-level", "info", "--data", t.TempDir()}
	var out, err buffer
	done := make(chan int)
	go func() { done <- run(ctx, args, strings.NewReader(""), &out, &err) }()
	for !strings.Contains(err.String(), "to=WAITING_VIP_DRAIN") {
		runtime.Gosched()
	}
	interrupt()
	outcome{t, args, <-done, out.String(), err.String()}.ends(exitInterrupted).says("Stopped in phase ", "goes on from here")
}

// TestRunIsInterruptedAtAPipe: a run whose input keeps it waiting ends at the first signal
// all the same.
func TestRunIsInterruptedAtAPipe(t *testing.T) {
	t.Parallel()
	for _, content := range []string{" ", `{"cliente":"a","valor":1,"tier":"GOLD"}` + "\n"} {
		ctx, interrupt := context.WithCancel(t.Context())
		in, writer := io.Pipe()
		args := []string{"run", "--input", "-", "--data", t.TempDir()}
		var out, err buffer
		done := make(chan int)
		go func() { done <- run(ctx, args, in, &out, &err) }()
		if _, err := io.WriteString(writer, content); err != nil { // it is being read
			t.Fatal(err)
		}
		interrupt()
		outcome{t, args, <-done, out.String(), err.String()}.ends(exitInterrupted).says("Stopped in phase ", "cannot be read again")
		writer.Close()
	}
}

// TestStatusOf is 2 for what is said to be wrong use, and for nothing else.
func TestStatusOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want int
	}{
		{errors.New("something unforeseen"), exitIO},
		{&net.OpError{Op: "listen", Err: errors.New("address already in use")}, exitIO},
		{order.ErrInvalid, exitIO},
		{order.ErrCorrupt, exitIO},
		{order.ErrDiskFull, exitIO},
		{fmt.Errorf("%w: MongoDB at h:1: %w", order.ErrUnavailable, context.DeadlineExceeded), exitUnavailable},
		{order.ErrLocked, exitLocked},
		{order.ErrRunActive, exitConflict},
		{context.Canceled, exitInterrupted},
		{context.DeadlineExceeded, exitTimeout},
		{client.ErrUnreachable, exitUnreachable},
		{client.ErrKey, exitUsage},
		{&client.Error{Status: 400}, exitUsage},
		{&client.Error{Status: 599}, exitUnreachable},
		{withStatus(exitUsage, errors.New("no such flag")), exitUsage},
		{nil, exitOK},
	} {
		if got := report(io.Discard, tc.err); got != tc.want {
			t.Errorf("%v ends with status %d, want %d", tc.err, got, tc.want)
		}
	}
}

func TestPortIsTaken(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	port := s.url[strings.LastIndexByte(s.url, ':')+1:]
	filavip(t, "serve", "--port", port, "--data", t.TempDir()).ends(exitIO).warns("listen", port, "--port", "PORT", "--host")
}
