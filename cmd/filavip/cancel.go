package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const cancelLong = `End the active run.

Once this returns, no order of that run changes any more, and a new run may start.
Its orders that were pending are removed, unless --remove-pending=false keeps them;
those that were processed stay. The queue is not paused.`

// cancelFlags are the options of a cancel.
type cancelFlags struct {
	purge, removePending, resetLogs, toIdle bool
	wait, poll                              time.Duration
}

func newCancel(c *console) *cobra.Command {
	var f cancelFlags
	cmd := &cobra.Command{
		Use:     "cancel",
		Short:   "End the active run",
		Long:    cancelLong,
		Example: "  filavip cancel\n  filavip cancel --wait-timeout 0s --remove-pending=false",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	r.addKey(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.purge, "purge", true, "clear the run out of the queue; it leaves the queue in any case")
	flags.BoolVar(&f.removePending, "remove-pending", true, "remove the orders that are pending")
	flags.BoolVar(&f.resetLogs, "reset-logs", false, "forget the log lines in the server's memory")
	flags.DurationVar(&f.wait, "wait-timeout", 10*time.Second, "longest time to wait for orders in hand, up to 1m")
	flags.DurationVar(&f.poll, "poll-interval", 500*time.Millisecond, "accepted and without effect: nothing is polled")
	flags.BoolVar(&f.toIdle, "reset-phase-to-idle", false, "let the status show IDLE instead of ERROR")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !given(cmd, "timeout") {
			r.timeout += max(0, f.wait)
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			done, err := api.Cancel(ctx, f.options(cmd))
			if err != nil {
				return err
			}
			r.say(done.Message)
			return r.show(done, func(w io.Writer) error { return printCancelled(w, &done) })
		})
	}
	return cmd
}

// options returns what was given; the rest is the server's to decide.
func (f *cancelFlags) options(cmd *cobra.Command) client.CancelOptions {
	return client.CancelOptions{
		Purge:            onlyGiven(cmd, "purge", &f.purge),
		RemovePending:    onlyGiven(cmd, "remove-pending", &f.removePending),
		ResetLogs:        onlyGiven(cmd, "reset-logs", &f.resetLogs),
		ResetPhaseToIdle: onlyGiven(cmd, "reset-phase-to-idle", &f.toIdle),
		WaitTimeout:      onlyGiven(cmd, "wait-timeout", &f.wait),
		PollInterval:     onlyGiven(cmd, "poll-interval", &f.poll),
	}
}

// onlyGiven returns the value of a flag that was given, else nil.
func onlyGiven[T any](cmd *cobra.Command, name string, value *T) *T {
	if !given(cmd, name) {
		return nil
	}
	return value
}

func printCancelled(w io.Writer, done *wire.Cancelled) error {
	t := facts("cancelled", yesNo(done.Aborted))
	if done.Aborted {
		t.add("run", done.RunID.String())
		t.add("pending orders removed", grouped(done.RemovedPending))
		t.add("still active", yesNo(done.StillActive))
	}
	if done.WaitedForStopMs != nil {
		t.add("waited", grouped(*done.WaitedForStopMs)+" ms")
	}
	return t.print(w)
}
