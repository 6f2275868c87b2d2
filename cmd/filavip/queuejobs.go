package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// maxJobs is how far into a state its jobs are listed.
const maxJobs = 1_000

// jobsFlags say which jobs to list.
type jobsFlags struct {
	states []string
	start  string
	limit  string
}

func newQueueJobs(c *console) *cobra.Command {
	var f jobsFlags
	cmd := &cobra.Command{
		Use:     "jobs",
		Short:   "List jobs, one per order",
		Long:    "List jobs, one per order, state by state. VIP comes first, then age; completed and\nfailed ones are listed newest first.",
		Example: "  filavip queue jobs\n  filavip queue jobs --state failed,delayed --limit 100 -o json",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	cmd.Flags().StringSliceVar(&f.states, "state", []string{"waiting"}, "which states: "+strings.Join(jobStates(), ", "))
	cmd.Flags().StringVar(&f.start, "start", "0", "how many jobs of each state to skip")
	cmd.Flags().StringVar(&f.limit, "limit", "50", "how many jobs of each state to list, at most")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := f.options()
		if err != nil {
			return err
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			jobs, err := api.Jobs(ctx, o)
			if err != nil {
				return err
			}
			if last := o.Start + o.Limit - 1; jobs.Range.End < last {
				r.say(fmt.Sprintf("Jobs %d to %d of each state are listed, not to %d: the server lists none behind number %d.",
					jobs.Range.Start, jobs.Range.End, last, jobs.Range.End))
			}
			return list(r.c, r.output, jobs, jobs.Jobs, func(w io.Writer) error { return printJobs(w, &jobs) })
		})
	}
	return completing(cmd, "state", jobStates())
}

func (f *jobsFlags) options() (client.JobsOptions, error) {
	start, err := wholeNumber("start", f.start, 0, maxJobs)
	if err != nil {
		return client.JobsOptions{}, err
	}
	limit, err := wholeNumber("limit", f.limit, 1, maxJobs)
	if err != nil {
		return client.JobsOptions{}, err
	}
	return client.JobsOptions{States: f.states, Start: int(start), Limit: int(limit)}, nil
}

func printJobs(w io.Writer, list *wire.JobList) error {
	if len(list.Jobs) == 0 {
		_, err := fmt.Fprintf(w, "No jobs that are %s.\n", strings.Join(list.Types, " or "))
		return err
	}
	t := newTable("state", "id", "priority", ">valor", ">attempts", "since", "reason")
	for i := range list.Jobs {
		j := &list.Jobs[i]
		var priority, valor string
		if j.Data != nil {
			priority, valor = j.Data.Priority, amount(j.Data.Valor)
		}
		t.add(j.State, printable(j.ID), orDash(priority), orDash(valor), strconv.Itoa(j.AttemptsMade), since(j), printable(j.FailedReason))
	}
	return t.print(w)
}

func amount(m wire.Money) string {
	text, err := m.MarshalJSON()
	if err != nil {
		return ""
	}
	return string(text)
}

// since returns when the job came into its state, or, if it is delayed, until when.
func since(j *wire.Job) string {
	switch {
	case j.DelayedUntil > 0:
		return "until " + moment(time.UnixMilli(j.DelayedUntil))
	case j.FinishedOn > 0:
		return moment(time.UnixMilli(j.FinishedOn))
	case j.ProcessedOn > 0:
		return moment(time.UnixMilli(j.ProcessedOn))
	}
	return moment(time.UnixMilli(j.Timestamp))
}

// moment writes an instant with its day, in UTC.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
