package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const dlqRetryLong = `Put dead letters back: those of some orders, of a group, or all, oldest order first.

Their attempts begin anew, and VIP goes first among them as among all orders. What is
no dead letter is passed over.`

const dlqDiscardLong = `Discard dead letters: those of some orders, of a group, or all, oldest order first.

Their orders end ` + wire.Removido + `, which cannot be undone, so it counts them and asks first. Where
nobody can be asked, because standard input is not a terminal, --yes is required. What
is no dead letter is passed over.`

// maxNamed is how many orders one call may name.
const maxNamed = 1000

// deadSetFlags say on which dead letters to act.
type deadSetFlags struct {
	set   client.DeadSet
	limit string
}

func (f *deadSetFlags) addTo(cmd *cobra.Command) {
	addErrorGroup(cmd, &f.set.Group)
	cmd.Flags().BoolVar(&f.set.All, "all", false, "all dead letters")
	cmd.Flags().StringVar(&f.limit, "limit", "0", "how many at most; 0 for all of them")
	addDryRun(cmd, &f.set.DryRun)
}

// check reads which dead letters are meant.
func (f *deadSetFlags) check(cmd *cobra.Command, ids []string) (err error) {
	if err := notEmpty(cmd, "group"); err != nil {
		return err
	}
	for _, id := range ids {
		if order.ValidateRef(id) != nil {
			return usagef("%q is no order's ID; allowed: 1 to %d printable ASCII characters without spaces", id, order.MaxRefLen)
		}
	}
	f.set.IDs = slices.Compact(slices.Sorted(slices.Values(ids)))
	ways := 0
	for _, way := range []bool{len(f.set.IDs) > 0, f.set.Group != "", f.set.All} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return usagef("which dead letters? give the IDs of orders, --group or --all")
	case ways > 1:
		return usagef("the IDs of orders, --group and --all each say which dead letters are meant; give one of the three")
	case len(f.set.IDs) > maxNamed:
		return usagef("%s IDs; allowed: up to %s at a time", grouped(int64(len(f.set.IDs))), grouped(maxNamed))
	}
	f.set.Limit, err = wholeNumber("limit", f.limit, 0, 9_999_999_999)
	return err
}

// sayPassedOver says how many of the named orders were no dead letters.
func (f *deadSetFlags) sayPassedOver(r *remote, taken int64) {
	if over := int64(len(f.set.IDs)) - taken; over > 0 && f.set.Limit == 0 {
		r.say("orders passed over, since they are no dead letters: " + grouped(over))
	}
}

func newDLQRetry(c *console) *cobra.Command {
	var f deadSetFlags
	cmd := &cobra.Command{
		Use: "retry [ID]...", Short: "Put dead letters back", Long: dlqRetryLong,
		Example: "  filavip dlq retry 019ab000-0000-7000-8000-000000000001\n  filavip dlq retry --group \"simulated failure\" --limit 100\n" +
			"  filavip dlq retry --all --dry-run",
		Args: cobra.ArbitraryArgs,
	}
	r := newRemote(c, cmd)
	r.addKey(cmd)
	f.addTo(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd, args); err != nil {
			return err
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			back, err := api.RetryDeadLetters(ctx, f.set)
			if err != nil {
				return err
			}
			r.say(back.Message)
			f.sayPassedOver(r, back.Retried)
			return r.show(back, func(w io.Writer) error {
				return facts(done("retried", back.DryRun), grouped(back.Retried)).print(w)
			})
		})
	}
	return cmd
}

func newDLQDiscard(c *console) *cobra.Command {
	var f deadSetFlags
	var yes bool
	cmd := &cobra.Command{
		Use: "discard [ID]...", Short: "Discard dead letters", Long: dlqDiscardLong,
		Example: "  filavip dlq discard --group \"simulated failure\"\n  filavip dlq discard --all --dry-run\n  filavip dlq discard --all --yes",
		Args:    cobra.ArbitraryArgs,
	}
	r := newRemote(c, cmd)
	r.addKey(cmd)
	f.addTo(cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd, args); err != nil {
			return err
		}
		set := f.set
		if !yes && !set.DryRun {
			n, err := f.confirm(cmd, r)
			if err != nil {
				return err
			}
			set.Limit, set.DryRun = n, n == 0 // no more than was said yes to; of none, none
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			gone, err := api.DiscardDeadLetters(ctx, set)
			if err != nil {
				return err
			}
			r.say(gone.Message)
			f.sayPassedOver(r, gone.Discarded)
			return r.show(gone, func(w io.Writer) error {
				return facts(done("discarded", gone.DryRun), grouped(gone.Discarded)).print(w)
			})
		})
	}
	return cmd
}

// confirm counts the dead letters and asks whether to discard them. Without any there is
// nothing to ask.
func (f *deadSetFlags) confirm(cmd *cobra.Command, r *remote) (n int64, err error) {
	if err := r.c.mayAsk(); err != nil {
		return 0, err
	}
	var at string
	err = r.call(cmd, func(ctx context.Context, api *client.Client) error {
		dry := f.set
		dry.DryRun = true
		counted, err := api.DiscardDeadLetters(ctx, dry)
		n, at = counted.Discarded, api.URL()
		return err
	})
	if err != nil || n == 0 {
		return 0, err
	}
	return n, r.c.confirm(false, fmt.Sprintf("Discard %s dead letters at %s?", grouped(n), at))
}
