package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench is a comparison under way.
type bench struct {
	settings
	servers *servers
	root    string // the module's folder
	scratch string
	filavip string // the binary
	stderr  io.Writer
}

// measured is one run of one side.
type measured struct {
	Orders int64 `json:"orders"`
	VIP    int64 `json:"vip"`
	// Processing is from the first order that was handed out to the last that was settled.
	Processing time.Duration `json:"processingNs"`
	// Whole is from the first order made to the end of the run, with storing and enqueuing.
	Whole time.Duration `json:"wholeNs"`
	// Overtaken are NORMAL orders that were begun while a VIP order was unsettled.
	Overtaken int64 `json:"overtaken"`
}

// contenders names all that can be measured, the one that others are compared with first.
func contenders() []string { return []string{"bull", "fleet", "alone"} }

// describe says what a contender is.
func describe(name string) string {
	return map[string]string{
		"bull":  "Node worker: Bull, 25 at a time, one update an order",
		"fleet": "filavip: `serve` without workers, and one `worker`",
		"alone": "filavip: one `serve` that works itself",
	}[name]
}

func newBench(ctx context.Context, s settings, stderr io.Writer) (*bench, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module: %w", err)
	}
	b := &bench{settings: s, root: filepath.Dir(strings.TrimSpace(string(mod))), stderr: stderr}
	if b.scratch, err = os.MkdirTemp("", "filavip-compare-*"); err != nil {
		return nil, err
	}
	b.filavip = filepath.Join(b.scratch, "filavip")
	err = errors.Join(b.build(ctx), b.install(ctx))
	if err == nil {
		b.servers, err = startServers(ctx, stderr)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// build makes the binary as people get it.
func (b *bench) build(ctx context.Context) error {
	return b.prepare(ctx, []string{"CGO_ENABLED=0"}, b.root, "go", "build", "-trimpath", "-o", b.filavip, "./cmd/filavip")
}

// install fetches what the Node worker needs, unless it is there.
func (b *bench) install(ctx context.Context) error {
	folder := b.bull()
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "bull")); err == nil {
		return nil
	}
	return b.prepare(ctx, nil, folder, "npm", "install", "--no-save", "--no-audit", "--no-fund") // ci insists on optional packages of other platforms
}

func (b *bench) bull() string { return filepath.Join(b.root, "bench", "bull") }

// prepare runs a command that must succeed, and shows what it said if it does not.
func (b *bench) prepare(ctx context.Context, env []string, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s in %s: %w\n%s", name, args[0], dir, err, said)
	}
	return nil
}

// measure measures the database, and then every side in turn, round by round.
func (b *bench) measure(ctx context.Context) (*result, error) {
	r := &result{Header: b.header(ctx), Orders: b.orders, Runs: map[string][]measured{}, Failures: map[string]string{}}
	b.say("measuring the database itself")
	if err := b.servers.empty(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.Rates, err = measureRates(ctx, b.servers); err != nil {
		return nil, err
	}
	for round := range b.rounds {
		for _, name := range b.only {
			if r.Failures[name] != "" {
				continue
			}
			m, err := b.once(ctx, name)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				r.Failures[name] = err.Error()
				b.say("round %d of %d, %s: %v", round+1, b.rounds, name, err)
				continue
			}
			b.say("round %d of %d, %s: %s orders/s processing, %s/s in all", round+1, b.rounds, name, rate(m.Orders, m.Processing), rate(m.Orders, m.Whole))
			r.Runs[name] = append(r.Runs[name], m)
		}
	}
	return r, nil
}

// once measures one run on empty servers, and has the database confirm it.
func (b *bench) once(ctx context.Context, name string) (measured, error) {
	if err := b.servers.empty(ctx); err != nil {
		return measured{}, err
	}
	var m measured
	var err error
	switch name {
	case "bull":
		m, err = b.runBull(ctx)
	case "fleet":
		m, err = b.runFleet(ctx)
	default:
		m, err = b.runAlone(ctx)
	}
	if err != nil {
		return m, err
	}
	done, err := b.servers.countDone(ctx)
	if err == nil && done != b.orders {
		err = fmt.Errorf("%d orders are processado in the database, want %d", done, b.orders)
	}
	return m, err
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.stderr, format+"\n", args...) }

func (b *bench) close() error {
	err := os.RemoveAll(b.scratch)
	if b.servers != nil {
		err = errors.Join(err, b.servers.close())
	}
	return err
}
