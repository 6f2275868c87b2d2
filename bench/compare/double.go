package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// doublePart is the part of the child process that is the test double: a server is to
// be a process of its own, which neither side shares.
const doublePart = "double"

// serveDouble serves until its input ends, and says first where.
func serveDouble(stdin io.Reader, stdout io.Writer) error {
	s, err := mongotest.New(mongotest.Options{ReplicaSet: "double"})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := fmt.Fprintln(stdout, s.URI("")); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// double is the child process.
type double struct {
	cmd   *exec.Cmd
	stdin io.Closer
	uri   string
}

// startDouble starts one that outlives ctx: what is left in it is cleared away first.
func startDouble(ctx context.Context, stderr io.Writer) (*double, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	d := &double{cmd: exec.CommandContext(context.WithoutCancel(ctx), self, "-part", doublePart)}
	d.cmd.Stderr = stderr
	stdin, err := d.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	d.stdin = stdin
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the double: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = d.stop() // err says what is wrong
		return nil, fmt.Errorf("start the double: it said nothing: %w", err)
	}
	d.uri = strings.TrimSpace(line)
	return d, nil
}

// stop ends the double and waits for it.
func (d *double) stop() error {
	_ = d.stdin.Close() // its end of it may be gone
	return d.cmd.Wait()
}
