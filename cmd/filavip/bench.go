package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
)

const benchLong = `Measure whole runs, each in a process and a directory of its own.

Every run generates, stores, processes and settles its orders durably, from
acceptance to DONE. Beside each run the floor is measured: the same orders made,
encoded and appended to a plain file with an fsync for each chunk, and all that
twice, which is the least that any store of this kind can do.`

// benchFlags say what to measure.
type benchFlags struct {
	quantity string
	runs     string
	seed     uint64
	dir      string
	output   string
	poll     bool
	part     string // of a child process: "run" or "floor"
}

func newBench(c *console) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine is with it",
		Long:  benchLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.part != "" {
				return benchPart(c, cmd, &f)
			}
			return bench(c, cmd, &f)
		},
	}
	cmd.Flags().StringVarP(&f.quantity, "quantity", "n", "1000000", "orders in each run")
	cmd.Flags().StringVar(&f.runs, "runs", "5", "runs to take the median of")
	cmd.Flags().Uint64Var(&f.seed, "seed", 42, "number that decides every order")
	cmd.Flags().BoolVar(&f.poll, "poll", false, "serve the API too, and ask it for the status 200 times a second")
	cmd.Flags().StringVar(&f.dir, "dir", "", "directory to make the data directories in (default: that of temporary files)")
	cmd.Flags().StringVar(&f.part, "part", "", "what a child process measures")
	cmd.Flags().Lookup("part").Hidden = true
	addOutput(cmd, &f.output)
	bindSettings(cmd, config.Storage, config.Queue)
	cmd.Flags().Lookup("data").Hidden = true
	return cmd
}

// measuredRun is what one child process reports of its run.
type measuredRun struct {
	app.Measured
	PeakRSS int64 `json:"peakRss"` // bytes; 0 where the system does not tell
}

// benched is the whole result.
type benched struct {
	Build  build               `json:"build"`
	Runs   []measuredRun       `json:"runs"`
	Floors []app.MeasuredFloor `json:"floors"`
}

func bench(c *console, cmd *cobra.Command, f *benchFlags) error {
	if err := checkOutput(f.output); err != nil {
		return err
	}
	runs, err := strictInt(f.runs, 1000)
	if err != nil {
		return withStatus(exitUsage, fmt.Errorf("--runs: %w", err))
	}
	if _, err := strictInt(f.quantity, 1_000_000_000); err != nil {
		return withStatus(exitUsage, fmt.Errorf("--quantity: %w", err))
	}
	if _, err := loadSettings(c, cmd); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result := benched{Build: readBuild()}
	for i := range runs {
		var run measuredRun
		var floor app.MeasuredFloor
		if err := child(ctx, c, f, "run", &run); err != nil {
			return err
		}
		if err := child(ctx, c, f, "floor", &floor); err != nil {
			return err
		}
		fmt.Fprintf(c.err, "run %d of %d: %s orders/s, %d MB, floor %s orders/s\n", i+1, runs,
			rate(run.Orders, run.Wall), run.PeakRSS/1e6, rate(floor.Orders, floor.Wall))
		result.Runs = append(result.Runs, run)
		result.Floors = append(result.Floors, floor)
	}
	if f.output == "json" {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(result)
	}
	return printBench(c.out, &result)
}

// child measures one part in a process and a directory of its own, with the same flags.
func child(ctx context.Context, c *console, f *benchFlags, part string, into any) (err error) {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("measure %s: %w", part, err)
	}
	dir, err := os.MkdirTemp(f.dir, "filavip-bench-*")
	if err != nil {
		return fmt.Errorf("measure %s: %w", part, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args := slices.Concat(os.Args[1:], []string{"--part", part, "--data", filepath.Join(dir, "data")})
	cmd := exec.CommandContext(ctx, self, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, c.err
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("measure %s: %w", part, err)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		return fmt.Errorf("measure %s: %w", part, err)
	}
	return nil
}

// benchPart is what a child process does.
func benchPart(c *console, cmd *cobra.Command, f *benchFlags) error {
	cfg, err := loadSettings(c, cmd)
	if err != nil {
		return err
	}
	n, err := strictInt(f.quantity, 1_000_000_000)
	if err != nil {
		return withStatus(exitUsage, err)
	}
	if f.part == "floor" {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return err
		}
		floor, err := app.BenchFloor(cfg, n, f.seed)
		if err != nil {
			return err
		}
		return json.NewEncoder(c.out).Encode(floor)
	}
	m, err := app.Bench(cmd.Context(), cfg, app.BenchOptions{Quantity: n, Seed: f.seed, Poll: f.poll, CPU: cpuTime})
	if err != nil {
		return err
	}
	return json.NewEncoder(c.out).Encode(measuredRun{m, peakRSS()})
}
