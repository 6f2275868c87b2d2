package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

func newQueue(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "queue",
		Short:   "Look at the queue, pause it, clean it",
		Example: "  filavip queue status\n  filavip queue jobs --state waiting,delayed --limit 20\n  filavip queue pause",
	}
	cmd.AddCommand(newQueueStatus(c), newQueueLanes(c), newQueueWorkers(c), newQueueJobs(c), newQueuePause(c),
		newQueueResume(c), newQueueClose(c), newQueueClean(c), newQueuePurge(c), newQueueRetry(c), newQueueRecover(c))
	return cmd
}

func newQueueStatus(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Count the orders in each state",
		Args:  c.noArgs,
	}
	r := newRemote(c, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			counts, err := api.QueueStatus(ctx)
			if err != nil {
				return err
			}
			return r.show(counts, func(w io.Writer) error { return printQueue(w, &counts) })
		})
	}
	return cmd
}

func printQueue(w io.Writer, q *wire.QueueCounts) error {
	t := newTable("", ">")
	t.add("waiting", grouped(q.Waiting))
	t.add("active", grouped(q.Active))
	t.add("delayed", grouped(q.Delayed))
	t.add("completed", grouped(q.Completed))
	t.add("failed", grouped(q.Failed))
	t.add("paused", yesNo(q.Paused))
	return t.print(w)
}

func newQueuePause(c *console) *cobra.Command {
	return newVerb(c, verb[wire.Paused]{
		use: "pause", short: "Stop handing orders out",
		long:  "Stop handing orders out, until \"filavip queue resume\".\n\nOrders in hand finish. The pause survives a restart of the server.",
		keyed: true,
		do:    func(ctx context.Context, api *client.Client) (wire.Paused, error) { return api.Pause(ctx) },
		facts: func(p *wire.Paused) []string { return []string{"paused", yesNo(p.Paused)} },
	})
}

func newQueueResume(c *console) *cobra.Command {
	return newVerb(c, verb[wire.Resumed]{
		use: "resume", short: "Hand orders out again",
		keyed: true,
		do:    func(ctx context.Context, api *client.Client) (wire.Resumed, error) { return api.Resume(ctx) },
		facts: func(p *wire.Resumed) []string { return []string{"resumed", yesNo(p.Resumed)} },
	})
}

func newQueueClose(c *console) *cobra.Command {
	return newVerb(c, verb[wire.Closed]{
		use: "close", short: "Pause, and wait for the orders in hand",
		long:  "Stop handing orders out and wait until no worker has one in hand.\n\n\"filavip queue resume\" opens the queue again.",
		do:    func(ctx context.Context, api *client.Client) (wire.Closed, error) { return api.Close(ctx) },
		facts: func(p *wire.Closed) []string { return []string{"closed", yesNo(p.Closed)} },
	})
}

// verb is a command that does one thing to the queue and says what came of it.
type verb[T any] struct {
	use, short, long string
	keyed            bool // takes an idempotency key
	do               func(context.Context, *client.Client) (T, error)
	facts            func(*T) []string // names and values
}

func newVerb[T any](c *console, v verb[T]) *cobra.Command {
	cmd := &cobra.Command{Use: v.use, Short: v.short, Long: v.long, Args: c.noArgs}
	r := newRemote(c, cmd)
	if v.keyed {
		r.addKey(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			done, err := v.do(ctx, api)
			if err != nil {
				return err
			}
			return r.show(done, func(w io.Writer) error { return facts(v.facts(&done)...).print(w) })
		})
	}
	return cmd
}
