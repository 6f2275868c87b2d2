package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const dlqLong = `Look at the dead letters, which are orders that used up their attempts; put them back,
or discard them.

Alone it does what "filavip dlq groups" does.`

const dlqGroupsLong = `Count the dead letters by what they failed of, most first.

What failed alike is one group: its name is the reason without its numbers and names.
--group of the other commands takes it.`

func newDLQ(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dlq", Short: "Look at the dead letters, put them back, discard them", Long: dlqLong,
		Example: "  filavip dlq\n  filavip dlq list --group \"simulated failure\"\n  filavip dlq retry --all --dry-run",
	}
	runGroups(c, cmd)
	cmd.AddCommand(newDLQGroups(c), newDLQList(c), newDLQRetry(c), newDLQDiscard(c))
	return cmd
}

func newDLQGroups(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use: "groups", Short: "Count the dead letters by what they failed of", Long: dlqGroupsLong,
		Example: "  filavip dlq groups\n  filavip dlq groups -o ndjson",
		Args:    c.noArgs,
	}
	runGroups(c, cmd)
	return cmd
}

// runGroups makes a command show the groups.
func runGroups(c *console, cmd *cobra.Command) {
	r := newRemote(c, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			g, err := api.DeadLetterGroups(ctx)
			if err != nil {
				return err
			}
			if err := list(c, r.output, g, g.Groups, func(w io.Writer) error { return printGroups(w, g.Groups) }); err != nil {
				return err
			}
			if g.Examined < g.Total {
				r.say(fmt.Sprintf("only the %s oldest of %s dead letters are counted", grouped(g.Examined), grouped(g.Total)))
			}
			return nil
		})
	}
}

func printGroups(w io.Writer, groups []wire.DeadLetterGroup) error {
	if len(groups) == 0 {
		return noDeadLetters(w)
	}
	t := newTable(">count", "group", "first", "last", "example")
	for i := range groups {
		g := &groups[i]
		t.add(grouped(g.Count), printable(g.Group), moment(g.First.Time), moment(g.Last.Time), printable(g.Example))
	}
	return t.print(w)
}

func noDeadLetters(w io.Writer) error {
	_, err := fmt.Fprintln(w, "No dead letters.")
	return err
}

// dlqListFlags say which dead letters to list.
type dlqListFlags struct {
	group, limit, cursor string
}

func newDLQList(c *console) *cobra.Command {
	var f dlqListFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List the dead letters, oldest order first",
		Example: "  filavip dlq list --limit 5\n  filavip dlq list --group \"simulated failure\" -o json",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	addErrorGroup(cmd, &f.group)
	cmd.Flags().StringVar(&f.limit, "limit", "50", fmt.Sprintf("how many dead letters to list, up to %d", mostListed))
	cmd.Flags().StringVar(&f.cursor, "cursor", "", "where to go on, as the dead letters before say")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := notEmpty(cmd, "group", "cursor"); err != nil {
			return err
		}
		limit, err := wholeNumber("limit", f.limit, 1, mostListed)
		if err != nil {
			return err
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error { return f.list(ctx, r, api, int(limit)) })
	}
	return cmd
}

// addErrorGroup gives a command the flag that names an error group.
func addErrorGroup(cmd *cobra.Command, group *string) {
	cmd.Flags().StringVar(group, "group", "", "dead letters of this group, as \"filavip dlq groups\" names it")
}

// list lists dead letters, also if something has ended it before the last.
func (f *dlqListFlags) list(ctx context.Context, r *remote, api *client.Client, limit int) error {
	found, begun := wire.DeadLetterPage{Limit: limit}, false
	var failed error
	found.DeadLetters, found.NextCursor, failed = gather(limit, f.cursor, func(limit int, cursor string) ([]wire.DeadLetter, string, error) {
		page, err := api.DeadLetters(ctx, client.DeadLettersOptions{Group: f.group, Limit: limit, Cursor: cursor})
		if err == nil {
			begun, found.Total = true, page.Total
		}
		return page.DeadLetters, page.NextCursor, err
	})
	if !begun {
		return failed
	}
	found.Count = len(found.DeadLetters)
	if err := list(r.c, r.output, found, found.DeadLetters, func(w io.Writer) error { return printDeadLetters(w, found.DeadLetters) }); err != nil {
		return err
	}
	if found.NextCursor != "" {
		r.say(fmt.Sprintf("there are %s dead letters in all; more: the same with --cursor %s", grouped(found.Total), found.NextCursor))
	}
	return failed
}

func printDeadLetters(w io.Writer, letters []wire.DeadLetter) error {
	if len(letters) == 0 {
		return noDeadLetters(w)
	}
	t := newTable("id", "customer", "priority", ">attempts", ">put back", "last failure", "reason")
	for i := range letters {
		l := &letters[i]
		t.add(printable(l.Order.ID), printable(l.Order.Cliente), l.Order.Priority, grouped(int64(l.Attempts)),
			grouped(int64(l.Redriven)), moment(l.LastFailure.Time), printable(l.Order.Reason))
	}
	return t.print(w)
}
