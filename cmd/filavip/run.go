package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const runLong = `Process one run of orders in the data directory, from the first to the last.

Without --input it generates --quantity random orders from --seed. With --input
it reads them from a file of NDJSON or CSV, gzip and zstd recognised, or from
standard input ("-").

If the directory holds an unfinished run, that one goes on instead.`

// runFlags are what a run may be told beside the settings.
type runFlags struct {
	quantity string
	seed     string
	input    string
	rejects  string
	strict   bool
	output   string
}

func newRun(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:     "run",
		Short:   "Process one run of orders, then stop",
		Long:    runLong,
		Example: "  filavip run\n  filavip run --quantity 10000000 --data /var/lib/filavip\n  filavip run --input orders.csv.gz --rejects rejects.ndjson",
		Args:    c.noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runOnce(c, cmd, &f) },
	}
	cmd.Flags().StringVarP(&f.quantity, "quantity", "n", "1000000", "orders to generate")
	cmd.Flags().StringVar(&f.seed, "seed", "", "number that decides every generated order (default: random, and recorded)")
	cmd.Flags().StringVar(&f.input, "input", "", `file of orders to read instead of generating; "-" is standard input`)
	cmd.Flags().StringVar(&f.rejects, "rejects", "", "file to write refused input lines to, as NDJSON")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "refuse the whole input if one line is not valid")
	addOutput(cmd, &f.output)
	bindSettings(cmd, config.Storage, config.Distributed, config.Queue, config.Logs)
	cmd.Flags().Lookup("log-level").DefValue = "warn"
	return cmd
}

func runOnce(c *console, cmd *cobra.Command, f *runFlags) error {
	if err := checkOutput(f.output); err != nil {
		return err
	}
	cfg, err := loadSettings(c, cmd)
	if err != nil {
		return err
	}
	if isDefault(&cfg, "LOG_LEVEL") {
		cfg.LogLevel = slog.LevelWarn // progress and result say the rest
	}
	spec, err := f.spec(cmd, &cfg)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, err := app.New(cfg, app.Options{Stderr: c.err, Stdin: c.in, Rejects: f.rejects, Role: app.RoleRun, Version: readBuild().Version})
	if err != nil {
		return err
	}
	err = processOne(ctx, c, cmd, a, f, spec)
	stop() // from here on a signal ends the process at once
	stopCtx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(err, a.Stop(stopCtx))
}

// processOne begins or resumes the run, shows its way, and prints its end.
func processOne(ctx context.Context, c *console, cmd *cobra.Command, a *app.App, f *runFlags, spec order.Spec) error {
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	run, resumed, err := a.Begin(ctx, spec, func(was order.Spec) error { return f.contradicts(cmd, was, spec) })
	if err != nil {
		return err
	}
	if resumed {
		fmt.Fprintf(c.err, "Resuming run %s in phase %v, %s orders stored.\n", run.ID, run.Phase, grouped(int64(run.Cursor.Next)))
	}
	if err := warnPaused(ctx, c, a); err != nil {
		return err
	}
	stopShowing := showProgress(ctx, c, a, run.Spec.Target)
	run, counts, err := a.Wait(ctx, run.ID)
	stopShowing()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			fmt.Fprintf(c.err, "Stopped in phase %v; %s.\n", run.Phase, howOn(&run))
			return interrupted()
		}
		return err
	}
	if err := f.print(c, a, &run, counts); err != nil {
		return err
	}
	if run.Phase == order.Failed {
		return withStatus(exitRunFailed, fmt.Errorf("run %s ended in ERROR (%s): %s", run.ID, run.Failure.Kind, run.Failure.Message))
	}
	return nil
}

// spec returns the run that the flags ask for.
func (f *runFlags) spec(cmd *cobra.Command, cfg *config.Config) (order.Spec, error) {
	if given(cmd, "input") {
		if given(cmd, "quantity", "seed", "tiers") {
			return order.Spec{}, withStatus(exitUsage, errors.New("--quantity, --seed and --tiers are for generated orders, --input reads them"))
		}
		return app.NewImport(cfg, f.input, f.strict), f.checkFiles(cmd)
	}
	if given(cmd, "rejects", "strict") {
		return order.Spec{}, withStatus(exitUsage, errors.New("--rejects and --strict go with --input"))
	}
	n, err := strictInt(f.quantity, 1_000_000_000)
	if err != nil {
		return order.Spec{}, withStatus(exitUsage, fmt.Errorf("--quantity: %w", err))
	}
	seed := rand.Uint64()
	if f.seed != "" {
		if seed, err = strconv.ParseUint(f.seed, 10, 64); err != nil {
			return order.Spec{}, withStatus(exitUsage, fmt.Errorf("--seed: %q; allowed: 0 to 18446744073709551615", f.seed))
		}
	}
	return app.NewSpec(cfg, n, seed), nil
}

// strictInt reads a plain decimal number of at most ten digits, from 1 up to high.
func strictInt(text string, high int64) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) > 10 || text[0] == '+' || n < 1 || int64(n) > high {
		return 0, fmt.Errorf("%q; allowed: a whole number from 1 to %d", text, high)
	}
	return int64(n), nil
}

// contradicts reports a flag that asks for another run than the unfinished one.
func (f *runFlags) contradicts(cmd *cobra.Command, was, asked order.Spec) error {
	differs := map[string]bool{
		"quantity":          was.Target != asked.Target,
		"seed":              was.Seed != asked.Seed,
		"tiers":             was.Weights != asked.Weights,
		"input":             was.Source != asked.Source,
		"strict":            was.Strict != asked.Strict,
		"attempts":          was.Work.Attempts != asked.Work.Attempts,
		"simulate-work":     was.Work.Delay != asked.Work.Delay,
		"simulate-failures": was.Work.Failures != asked.Work.Failures,
	}
	for _, name := range []string{"quantity", "seed", "tiers", "input", "strict", "attempts", "simulate-work", "simulate-failures"} {
		if given(cmd, name) && differs[name] {
			return fmt.Errorf("--%s asks for another run; leave it out to finish this one, or use another --data", name)
		}
	}
	if f.input == "" && was.Kind != order.Generated {
		return fmt.Errorf("it reads %s; give --input %s to finish it, or use another --data", was.Source, was.Source)
	}
	return nil
}

// print writes the result to standard output.
func (f *runFlags) print(c *console, a *app.App, run *order.Run, counts order.Counts) error {
	status := wire.NewStatus(run, counts, run.Ended)
	sayRefused(c, a)
	return show(c, f.output, status, func(w io.Writer) error { return printResult(w, run, counts, &status) })
}

// sayRefused lists what of the input did not become an order.
func sayRefused(c *console, a *app.App) {
	if n, first := a.Rejects(); n > 0 {
		fmt.Fprintf(c.err, "%s lines were refused:\n", grouped(n))
		for _, r := range first {
			fmt.Fprintf(c.err, "  %s\n", r.String())
		}
		if more := n - int64(len(first)); more > 0 {
			fmt.Fprintf(c.err, "  and %s more\n", grouped(more))
		}
	}
	if n := a.Known(); n > 0 {
		fmt.Fprintf(c.err, "%s orders were stored already and not taken again.\n", grouped(n))
	}
}

// howOn says what becomes of a run that was stopped.
func howOn(run *order.Run) string {
	if run.Spec.Source == "-" && run.Phase == order.Generating {
		return "standard input cannot be read again, so the next start ends this run and keeps what was processed"
	}
	return "the same command goes on from here"
}
