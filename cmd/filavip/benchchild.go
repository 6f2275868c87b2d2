package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/order"
)

// A child process measures one part of a benchmark. It writes its findings as JSON: if
// it is looked at, first where its API answers, and begins once it is told to by a line;
// then the result with the recount, after which it lives until its input ends.

type childServes struct {
	Addr string `json:"addr"`
}

type childRan struct {
	measuredRun
	Recount order.Counts `json:"recount"` // only if it is looked at
}

// child is a process that measures in a directory of its own, with the same flags.
type child struct {
	cmd   *exec.Cmd
	dir   string
	stdin io.WriteCloser
	says  *json.Decoder
}

func startChild(ctx context.Context, c *console, f *benchFlags, part string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", part, err)
	}
	dir, err := os.MkdirTemp(f.dir, "filavip-bench-*")
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", part, err)
	}
	args := slices.Concat(c.args, []string{"--part", part, "--data", filepath.Join(dir, "data")})
	ch := &child{cmd: exec.CommandContext(ctx, self, args...), dir: dir}
	ch.cmd.Stderr = c.err
	stdin, inErr := ch.cmd.StdinPipe()
	stdout, outErr := ch.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, ch.cmd.Start()); err != nil {
		return nil, errors.Join(fmt.Errorf("measure %s: %w", part, err), os.RemoveAll(dir))
	}
	ch.stdin, ch.says = stdin, json.NewDecoder(stdout)
	return ch, nil
}

// hear reads what the child says next.
func (ch *child) hear(into any) error {
	if err := ch.says.Decode(into); err != nil {
		return fmt.Errorf("measure: the process said nothing more: %w", err)
	}
	return nil
}

// end lets the child end and removes its directory. An error of the child explains err.
func (ch *child) end(err error) error {
	_ = ch.stdin.Close() // its end of it may be gone
	if waitErr := ch.cmd.Wait(); waitErr != nil {
		err = fmt.Errorf("measure: %w", waitErr)
	}
	return errors.Join(err, os.RemoveAll(ch.dir))
}

func benchRun(ctx context.Context, c *console, f *benchFlags) (measuredRun, error) {
	ch, err := startChild(ctx, c, f, "run")
	if err != nil {
		return measuredRun{}, err
	}
	var ran childRan
	if f.poll {
		ran.Polled, err = ch.polled(ctx, f, &ran)
	} else {
		err = ch.hear(&ran)
	}
	return ran.measuredRun, ch.end(err)
}

// benchWatched measures a run that clients watch. With await it waits for those that
// never read to be cut off.
func benchWatched(ctx context.Context, c *console, f *benchFlags, clients int, await bool) (measuredRun, error) {
	ch, err := startChild(ctx, c, f, "watched")
	if err != nil {
		return measuredRun{}, err
	}
	var ran childRan
	ran.Watched, err = ch.watched(ctx, clients, await, &ran)
	return ran.measuredRun, ch.end(err)
}

// cutWithin is how long it takes at most until a client that never reads is cut off: it
// leaves a heartbeat unanswered if nothing else.
const cutWithin = time.Minute

// watched has clients watch the child all along its run, which it reads into ran.
func (ch *child) watched(ctx context.Context, clients int, await bool, ran *childRan) (*app.Watched, error) {
	var at childServes
	if err := ch.hear(&at); err != nil {
		return nil, err
	}
	crowd, err := app.Gather(ctx, at.Addr, clients)
	if err != nil {
		return nil, err
	}
	err = errors.Join(ch.begin(), ch.hear(ran))
	var patience time.Duration
	if await {
		patience = cutWithin
	}
	watched, crowdErr := crowd.Disperse(ctx, patience)
	return &watched, errors.Join(err, crowdErr)
}

// begin tells the child to begin.
func (ch *child) begin() error {
	_, err := io.WriteString(ch.stdin, "begin\n")
	return err
}

// polled polls the child all along its run, which it reads into ran.
func (ch *child) polled(ctx context.Context, f *benchFlags, ran *childRan) (*app.Polled, error) {
	var at childServes
	if err := errors.Join(ch.hear(&at), ch.begin()); err != nil {
		return nil, err
	}
	target, err := strictInt(f.quantity, benchMost)
	if err != nil {
		return nil, err
	}
	poller := app.NewPoller(at.Addr, target)
	asking, stop := context.WithCancel(ctx)
	var asker sync.WaitGroup
	asker.Go(func() { poller.Run(asking) })
	err = ch.hear(ran)
	stop()
	asker.Wait()
	if err != nil {
		return nil, err
	}
	polled, err := poller.Finish(ctx, ran.Run, ran.Recount)
	return &polled, err
}

func benchFloor(ctx context.Context, c *console, f *benchFlags) (floor app.MeasuredFloor, err error) {
	ch, err := startChild(ctx, c, f, "floor")
	if err != nil {
		return floor, err
	}
	err = ch.hear(&floor)
	return floor, ch.end(err)
}

// benchPart is what a child process does.
func benchPart(c *console, cmd *cobra.Command, f *benchFlags) error {
	cfg, err := loadSettings(&console{err: io.Discard}, cmd) // the parent has given the warnings
	if err != nil {
		return err
	}
	n, err := strictInt(f.quantity, benchMost)
	if err != nil {
		return withStatus(exitUsage, err)
	}
	switch opts := (app.BenchOptions{Quantity: n, Seed: f.seed, CPU: cpuTime}); {
	case f.part == "floor":
		return benchPartFloor(c, cfg, &opts)
	case f.poll, f.part == "watched":
		return benchPartServing(cmd.Context(), c, cfg, &opts)
	default:
		m, err := app.Bench(cmd.Context(), cfg, opts)
		if err != nil {
			return err
		}
		return json.NewEncoder(c.out).Encode(measuredRun{Measured: m, PeakRSS: peakRSS()})
	}
}

func benchPartFloor(c *console, cfg config.Config, opts *app.BenchOptions) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	floor, err := app.BenchFloor(cfg, opts.Quantity, opts.Seed)
	if err != nil {
		return err
	}
	return json.NewEncoder(c.out).Encode(floor)
}

func benchPartServing(ctx context.Context, c *console, cfg config.Config, opts *app.BenchOptions) error {
	says, hears := json.NewEncoder(c.out), bufio.NewReader(c.in)
	opts.Serving = func(addr string) error {
		if err := says.Encode(childServes{addr}); err != nil {
			return err
		}
		_, err := hears.ReadString('\n')
		return err
	}
	opts.Hold = func(m app.Measured, recount order.Counts) error {
		if err := says.Encode(childRan{measuredRun{Measured: m, PeakRSS: peakRSS()}, recount}); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, hears)
		return err
	}
	_, err := app.Bench(ctx, cfg, *opts)
	return err
}
