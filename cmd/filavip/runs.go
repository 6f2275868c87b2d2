package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// runsFlags say which page of the history to list.
type runsFlags struct {
	limit  string
	cursor string
}

func newRuns(c *console) *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:     "runs [ID]",
		Short:   "List the runs, newest first, or show one",
		Example: "  filavip runs --limit 5\n  filavip runs 019ab000-0000-7000-8000-00ffffffffff",
		Args:    cobra.MaximumNArgs(1),
	}
	r := newRemote(c, cmd)
	cmd.Flags().StringVar(&f.limit, "limit", "20", "how many runs to list, up to 200")
	cmd.Flags().StringVar(&f.cursor, "cursor", "", "where to go on, as the page before says")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return r.call(cmd, func(ctx context.Context, api *client.Client) error { return showRun(ctx, r, api, args[0]) })
		}
		limit, err := wholeNumber("limit", f.limit, 1, 200)
		if err != nil {
			return err
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			return listRuns(ctx, r, api, client.RunsOptions{Limit: int(limit), Cursor: f.cursor})
		})
	}
	return cmd
}

func listRuns(ctx context.Context, r *remote, api *client.Client, o client.RunsOptions) error {
	page, err := api.Runs(ctx, o)
	if err != nil {
		return err
	}
	if err := list(r.c, r.output, page, page.Runs, func(w io.Writer) error { return printRuns(w, page.Runs) }); err != nil {
		return err
	}
	if page.NextCursor != "" {
		r.say("older runs: filavip runs --cursor " + page.NextCursor)
	}
	return nil
}

func showRun(ctx context.Context, r *remote, api *client.Client, id string) error {
	run, err := api.Run(ctx, id)
	if err != nil {
		return err
	}
	return r.show(run, func(w io.Writer) error { return printRun(w, &run) })
}

func printRuns(w io.Writer, runs []wire.Run) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintln(w, "No runs.")
		return err
	}
	t := newTable("run", "started", "status", ">orders", ">VIP", ">NORMAL", ">failed", ">ms", ">orders/s")
	for i := range runs {
		run := &runs[i]
		settled := run.TotalProcessedVIP + run.TotalProcessedNormal
		t.add(run.RunID.String(), moment(run.CreatedAt.Time), run.Status, grouped(run.Target),
			grouped(run.TotalProcessedVIP), grouped(run.TotalProcessedNormal), grouped(run.Failed),
			grouped(run.WallClockMs), rate(settled, time.Duration(run.WallClockMs)*time.Millisecond))
	}
	return t.print(w)
}

// printRun writes one run as a table.
func printRun(w io.Writer, run *wire.Run) error {
	fmt.Fprintf(w, "Run %s  %v", run.RunID, run.Phase)
	if run.Kind == "generated" {
		fmt.Fprintf(w, "  seed %s", printable(run.Seed))
	} else if run.Source != "" {
		fmt.Fprintf(w, "  from %s", printable(run.Source))
	}
	fmt.Fprint(w, "\n\n")
	if err := printStages(w, runStages(run)); err != nil {
		return err
	}
	settled := run.TotalProcessedVIP + run.TotalProcessedNormal
	fmt.Fprintf(w, "\nVIP %s + NORMAL %s = %s of %s orders%s\n", grouped(run.TotalProcessedVIP), grouped(run.TotalProcessedNormal),
		grouped(settled), grouped(run.Target), leftOver(run.Pending, run.Failed, run.Removed))
	printVIPFirst(w, run.EndVIP, run.StartNormal)
	if run.Rejected > 0 {
		fmt.Fprintf(w, "%s lines of the input were refused\n", grouped(run.Rejected))
	}
	for _, gap := range run.Gaps {
		fmt.Fprintf(w, "interrupted from %s to %s\n", moment(gap.From.Time), moment(gap.To.Time))
	}
	if run.Error != nil {
		fmt.Fprintf(w, "ended: %s: %s\n", run.Error.Kind, printable(run.Error.Message))
	}
	_, err := fmt.Fprintf(w, "digest %v\n", run.Digest)
	return err
}

func runStages(run *wire.Run) []stage {
	took := func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
	settled := run.TotalProcessedVIP + run.TotalProcessedNormal
	stages := []stage{
		{"generation", run.Generated, time.Time{}, time.Time{}, took(run.GenerationTimeMs)},
		{"enqueue VIP", unknown, time.Time{}, time.Time{}, took(run.EnqueueVIPTimeMs)},
		{"VIP", run.TotalProcessedVIP, run.StartVIP.Time, run.EndVIP.Time, took(run.ProcessingTimeVIPMs)},
		{"enqueue NORMAL", unknown, time.Time{}, time.Time{}, took(run.EnqueueNormalTimeMs)},
		{"NORMAL", run.TotalProcessedNormal, run.StartNormal.Time, run.EndNormal.Time, took(run.ProcessingTimeNormalMs)},
	}
	if run.Phase.Ended() { // before, it would add up only the windows that have closed
		stages = append(stages, stage{"total", settled, time.Time{}, time.Time{}, took(run.TotalTimeMs)})
	}
	return append(stages, stage{"wall clock", settled, run.CreatedAt.Time, run.EndedAt.Time, took(run.WallClockMs)})
}
