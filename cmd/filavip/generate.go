package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const generateLong = `Start a run of generated orders on the server.

It returns as soon as the run is durable; from then on the run goes on by itself,
also if the server is stopped and started again. With --wait it shows how the run
gets on and returns when it has ended, with exit status 5 if that was in ERROR.
Stopping a waiting command does not stop the run.`

// generateFlags say what to start, and whether to stay.
type generateFlags struct {
	quantity string
	seed     string
	tiers    string
	force    bool
	wait     bool
}

func newGenerate(c *console) *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:     "generate",
		Short:   "Start a run of generated orders",
		Long:    generateLong,
		Example: "  filavip generate\n  filavip generate --quantity 50000 --wait\n  filavip generate --force --wait -o json",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	r.addKey(cmd)
	cmd.Flags().StringVarP(&f.quantity, "quantity", "n", "1000000", "orders to generate")
	cmd.Flags().StringVar(&f.seed, "seed", "", "number that decides every order (default: random, and recorded)")
	cmd.Flags().StringVar(&f.tiers, "tiers", "", "weights of BRONZE, SILVER, GOLD and DIAMOND, such as 40,30,20,10 (default: the server's)")
	cmd.Flags().BoolVar(&f.force, "force", false, "cancel the active run first, if there is one")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "show how the run gets on, until its end")
	cmd.Flags().Lookup("timeout").Usage = "longest time to wait; 0 for no limit, which with --wait is the default"
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := f.options(cmd)
		if err != nil {
			return err
		}
		if f.wait {
			r.perCall = callWithin
			if !given(cmd, "timeout") {
				r.timeout = 0
			}
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			return generate(ctx, r, api, o, f.wait)
		})
	}
	return cmd
}

// options returns what to ask for. What is not given is the server's to decide.
func (f *generateFlags) options(cmd *cobra.Command) (client.GenerateOptions, error) {
	o := client.GenerateOptions{Force: f.force, Seed: f.seed, Tiers: f.tiers}
	if !given(cmd, "quantity") {
		return o, nil
	}
	var err error
	o.Quantity, err = wholeNumber("quantity", f.quantity, 1, 1_000_000_000)
	return o, err
}

func generate(ctx context.Context, r *remote, api *client.Client, o client.GenerateOptions, wait bool) error {
	started, err := api.Generate(ctx, o)
	if err != nil {
		return orForce(err)
	}
	r.say(started.Message)
	if wait {
		return generated(ctx, r, api, started.RunID.String())
	}
	return r.show(started, func(w io.Writer) error {
		return facts("run", started.RunID.String(), "phase", started.Phase.String()).print(w)
	})
}

// orForce adds to the refusal of a run, because another is active, what can be done.
func orForce(err error) error {
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Problem.RunID.IsZero() {
		return err
	}
	return fmt.Errorf("%w\nrun %s is active: \"filavip status\" shows it, \"filavip cancel\" ends it, --force does so and starts", err, refused.Problem.RunID)
}

// generated waits for the run's end and reports it.
func generated(ctx context.Context, r *remote, api *client.Client, id string) error {
	run, err := follow(ctx, r.c, api, id)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			fmt.Fprintf(r.c.err, "Stopped waiting; run %s goes on. \"filavip cancel\" ends it.\n", id)
			return &statusError{exitInterrupted, nil}
		}
		return err
	}
	if err := r.show(run, func(w io.Writer) error { return printRun(w, &run) }); err != nil {
		return err
	}
	return failure(&run)
}

// failure returns the error of a run that ended in ERROR.
func failure(run *wire.Run) error {
	if run.Error == nil {
		return nil
	}
	return withStatus(exitRunFailed, fmt.Errorf("run %s ended in ERROR (%s): %s", run.RunID, run.Error.Kind, printable(run.Error.Message)))
}
