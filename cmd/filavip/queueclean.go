package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const cleanLong = `Remove orders in one state.

waiting and delayed orders end removed. active ones are taken from their workers
and end removed. failed ones are discarded. completed ones stay, and only leave
the listing of jobs.`

// maxRetries and maxRecoveries are the most orders that one call takes.
const (
	maxRetries    = 10_000
	maxRecoveries = 10_000
)

// jobStates are the states of jobs, in the order of a job's life.
func jobStates() []string {
	return []string{"waiting", "delayed", "active", "completed", "failed"}
}

func newQueueClean(c *console) *cobra.Command {
	var state, limit string
	var grace time.Duration
	var dryRun bool
	cmd := newVerb(c, verb[wire.Cleaned]{
		use: "clean", short: "Remove orders in one state", long: cleanLong,
		keyed: true,
		do: func(ctx context.Context, api *client.Client) (wire.Cleaned, error) {
			n, err := wholeNumber("limit", limit, 0, 9_999_999_999)
			if err != nil {
				return wire.Cleaned{}, err
			}
			if grace < 0 {
				return wire.Cleaned{}, withStatus(exitUsage, fmt.Errorf("--grace: %v; allowed: 0 or more, such as 1m", grace))
			}
			return api.Clean(ctx, client.CleanOptions{State: state, Grace: grace, Limit: &n, DryRun: dryRun})
		},
		facts: func(p *wire.Cleaned) []string {
			return []string{"state", p.State, done("removed", p.DryRun), grouped(p.Removed)}
		},
	})
	cmd.Example = "  filavip queue clean\n  filavip queue clean --state failed --grace 24h --limit 0 --dry-run"
	cmd.Flags().StringVar(&state, "state", "waiting", "which orders: "+strings.Join(jobStates(), ", "))
	cmd.Flags().DurationVar(&grace, "grace", 0, "only orders that have been in that state for longer")
	cmd.Flags().StringVar(&limit, "limit", "1000", "how many at most; 0 for all")
	addDryRun(cmd, &dryRun)
	return completing(cmd, "state", jobStates())
}

func newQueuePurge(c *console) *cobra.Command {
	var o client.PurgeOptions
	cmd := newVerb(c, verb[wire.Purged]{
		use: "purge", short: "Remove every order that is not settled",
		long:  "Remove every order that waits, is delayed or is in hand.\n\nWith --obliterate dead letters are discarded too. Orders that were processed stay.",
		keyed: true,
		do: func(ctx context.Context, api *client.Client) (wire.Purged, error) {
			return api.Purge(ctx, o)
		},
		facts: func(p *wire.Purged) []string {
			return []string{done("removed", p.DryRun), grouped(p.Removed), "dead letters too", yesNo(p.Obliterate)}
		},
	})
	cmd.Example = "  filavip queue purge --dry-run\n  filavip queue purge"
	cmd.Flags().BoolVar(&o.Obliterate, "obliterate", false, "discard the dead letters too")
	addDryRun(cmd, &o.DryRun)
	return cmd
}

// addDryRun gives a command the flag that makes it only count.
func addDryRun(cmd *cobra.Command, dryRun *bool) {
	cmd.Flags().BoolVar(dryRun, "dry-run", false, "only count them, and change nothing")
}

// done names what was done to orders, or would be if it were no dry run.
func done(what string, dryRun bool) string {
	if dryRun {
		return "would be " + what
	}
	return what
}

func newQueueRetry(c *console) *cobra.Command {
	var limit string
	cmd := newVerb(c, verb[wire.Retried]{
		use: "retry-failed", short: "Put dead letters back, oldest first",
		long:  "Put dead letters back, oldest first. Their attempts begin anew, and VIP goes first\namong them as among all orders.",
		keyed: true,
		do: func(ctx context.Context, api *client.Client) (wire.Retried, error) {
			n, err := wholeNumber("limit", limit, 1, maxRetries)
			if err != nil {
				return wire.Retried{}, err
			}
			return api.RetryFailed(ctx, n)
		},
		facts: func(p *wire.Retried) []string { return []string{"retried", grouped(p.Retried)} },
	})
	cmd.Flags().StringVar(&limit, "limit", "1000", "how many at most")
	return cmd
}

func newQueueRecover(c *console) *cobra.Command {
	var limit string
	cmd := newVerb(c, verb[wire.Recovered]{
		use: "recover-stuck", short: "Take orders back from handlers that have gone silent",
		long: "Take orders back from handlers that have been silent for more than 30 seconds. They\nwait again, with no attempt consumed.",
		do: func(ctx context.Context, api *client.Client) (wire.Recovered, error) {
			n, err := wholeNumber("max-jobs", limit, 1, maxRecoveries)
			if err != nil {
				return wire.Recovered{}, err
			}
			return api.RecoverStuck(ctx, int(n))
		},
		facts: func(p *wire.Recovered) []string { return []string{"recovered", grouped(int64(p.Recovered))} },
	})
	cmd.Flags().StringVar(&limit, "max-jobs", "100", "how many at most")
	return cmd
}

// completing lets the shell complete a flag with the given values.
func completing(cmd *cobra.Command, flag string, values []string) *cobra.Command {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("complete --" + flag + ": " + err.Error()) // there is no such flag
	}
	return cmd
}
