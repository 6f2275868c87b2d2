package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

const ordersLong = `Find orders, oldest first, or show one with what is known of its way.

Only the latest run is searched, unless --run names another or says all. What is given
must all be true of an order. The search goes on until it has found --limit orders or
has looked at every one; if its time runs out before, it shows what it has found and
says how to go on.`

// The runs that --run names in words.
const (
	latestRun = "latest"
	allRuns   = "all"
)

// ordersFlags say which orders to find.
type ordersFlags struct {
	opts  client.OrdersOptions
	run   string
	limit string
}

func newOrders(c *console) *cobra.Command {
	var f ordersFlags
	cmd := &cobra.Command{
		Use:   "orders [ID]",
		Short: "Find orders, or show one with its story",
		Long:  ordersLong,
		Example: "  filavip orders --status " + wire.Falhou + " --priority VIP\n  filavip orders --customer \"ana\" --run all --limit 5\n" +
			"  filavip orders 019ab000-0000-7000-8000-000000000001",
		Args: cobra.MaximumNArgs(1),
	}
	r := newRemote(c, cmd)
	filters := f.addTo(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			if i := slices.IndexFunc(filters, cmd.Flags().Changed); i >= 0 {
				return usagef("an ID shows one order, and --%s finds orders; give one of the two", filters[i])
			}
			return r.call(cmd, func(ctx context.Context, api *client.Client) error { return showStory(ctx, r, api, args[0]) })
		}
		limit, err := f.check(cmd)
		if err != nil {
			return err
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			return f.find(ctx, r, api, limit)
		})
	}
	return cmd
}

// addTo adds the flags to a command and returns their names.
func (f *ordersFlags) addTo(cmd *cobra.Command) []string {
	flags := cmd.Flags()
	flags.StringVar(&f.opts.ID, "id", "", "the order of this ID, in any run unless --run is given")
	flags.StringVar(&f.opts.Customer, "customer", "", "part of the customer's name, in upper or lower case")
	flags.StringVar(&f.opts.Tier, "tier", "", "which tier: "+strings.Join(tiers(), ", "))
	flags.StringVar(&f.opts.Priority, "priority", "", "which lane: "+strings.Join(priorities(), ", "))
	flags.StringVar(&f.opts.Status, "status", "", "which status: "+strings.Join(statuses(), ", "))
	flags.StringVar(&f.run, "run", latestRun, "which run: "+latestRun+", "+allRuns+", or its ID")
	flags.StringVar(&f.limit, "limit", "50", fmt.Sprintf("how many orders to find, up to %d", mostListed))
	flags.StringVar(&f.opts.Cursor, "cursor", "", "where to go on, as the orders before say")
	completing(cmd, "tier", tiers())
	completing(cmd, "priority", priorities())
	completing(cmd, "status", statuses())
	completing(cmd, "run", []string{latestRun, allRuns})
	return []string{"id", "customer", "tier", "priority", "status", "run", "limit", "cursor"}
}

func tiers() []string {
	return []string{order.Bronze.String(), order.Silver.String(), order.Gold.String(), order.Diamond.String()}
}

func priorities() []string { return []string{order.VIP.String(), order.Normal.String()} }

func statuses() []string {
	return []string{wire.Pendente, wire.Processado, wire.Falhou, wire.Removido}
}

// check reads what is given and returns how many orders to find.
func (f *ordersFlags) check(cmd *cobra.Command) (limit int, err error) {
	if err := notEmpty(cmd, "id", "customer", "cursor"); err != nil {
		return 0, err
	}
	if tier, err := order.ParseTier(f.opts.Tier); err == nil {
		f.opts.Tier = tier.String()
	}
	if _, err := order.ParseRunID(f.run); err != nil && f.run != latestRun && f.run != allRuns {
		return 0, usagef("--run: %q; allowed: %s, %s, or the ID of a run", f.run, latestRun, allRuns)
	}
	for _, choice := range []struct {
		flag  string
		value *string
		of    []string
	}{{"tier", &f.opts.Tier, tiers()}, {"priority", &f.opts.Priority, priorities()}, {"status", &f.opts.Status, statuses()}} {
		if err := choose(cmd, choice.flag, choice.value, choice.of); err != nil {
			return 0, err
		}
	}
	n, err := wholeNumber("limit", f.limit, 1, mostListed)
	return int(n), err
}

// find searches and shows what it has found, also if something has ended it before.
func (f *ordersFlags) find(ctx context.Context, r *remote, api *client.Client, limit int) error {
	opts, err := f.inRun(ctx, api)
	if err != nil {
		return err
	}
	found := wire.OrderPage{Limit: limit}
	line := newLiveLine(r.c)
	var failed error
	found.Orders, found.NextCursor, failed = gather(limit, opts.Cursor, func(limit int, cursor string) ([]wire.Order, string, error) {
		opts.Limit, opts.Cursor = limit, cursor
		page, err := api.Orders(ctx, opts)
		found.Examined += page.Examined
		found.Count += len(page.Orders)
		line.show(fmt.Sprintf("orders looked at: %s, found: %s", grouped(int64(found.Examined)), grouped(int64(found.Count))), time.Now())
		return page.Orders, page.NextCursor, err
	})
	line.clear()
	if failed != nil && found.Examined == 0 {
		return failed
	}
	if err := list(r.c, r.output, found, found.Orders, func(w io.Writer) error { return printOrders(w, found.Orders) }); err != nil {
		return err
	}
	f.sayWhere(r, &found, opts.Run)
	return failed
}

// inRun returns what to ask for, with the run that is meant. If there is no run, there
// are no orders in all of them either.
func (f *ordersFlags) inRun(ctx context.Context, api *client.Client) (client.OrdersOptions, error) {
	opts := f.opts
	switch {
	case f.run == allRuns, f.run == latestRun && opts.ID != "":
		return opts, nil
	case f.run != latestRun:
		opts.Run = f.run
		return opts, nil
	}
	newest, err := api.Runs(ctx, client.RunsOptions{Limit: 1})
	if err == nil && len(newest.Runs) > 0 {
		opts.Run = newest.Runs[0].RunID.String()
	}
	return opts, err
}

// sayWhere says how many orders were looked at, and how to go on.
func (f *ordersFlags) sayWhere(r *remote, found *wire.OrderPage, run string) {
	looked, again := "orders looked at: "+grouped(int64(found.Examined)), "--cursor "+found.NextCursor
	if run != "" {
		looked, again = looked+", in run "+run, "--run "+run+" "+again
	}
	if f.run == latestRun && run != "" && found.Count == 0 {
		looked += ", the latest; --run all looks in every run"
	}
	r.say(looked)
	if found.NextCursor != "" {
		r.say("more orders: the same with " + again)
	}
}

func printOrders(w io.Writer, orders []wire.Order) error {
	if len(orders) == 0 {
		_, err := fmt.Fprintln(w, "No orders.")
		return err
	}
	t := newTable("id", "customer", "tier", "priority", ">valor", "status", ">attempts", "settled", "reason")
	for i := range orders {
		o := &orders[i]
		t.add(printable(o.ID), printable(o.Cliente), o.Tier, o.Priority, amount(o.Valor), o.Status,
			grouped(int64(o.Attempts)), moment(o.ProcessedAt.Time), printable(o.Reason))
	}
	return t.print(w)
}
