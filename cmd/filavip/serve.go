package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
)

// stopWithin is how long a server may take to stop before the process ends anyway.
const stopWithin = 30 * time.Second

func newServe(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the HTTP API and process what it is given",
		Long: `Serve the HTTP API and process what it is given, until a signal.

An unfinished run goes on by itself. The first SIGINT or SIGTERM stops cleanly; a
second one ends the process at once, which loses nothing either.

Orders are in the data directory, which one process owns, or, with MONGO_URI, in
MongoDB and Redis, which any number of servers and workers share: each server
answers for all of it, and one at a time coordinates. If MongoDB or Redis cannot be
used the exit status is 69.`,
		Example: "  filavip serve\n  filavip serve --port 8080 --data /var/lib/filavip",
		Args:    c.noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return serve(c, cmd) },
	}
	bindSettings(cmd, config.Listen, config.Access, config.Storage, config.Distributed, config.Queue, config.Logs, config.View)
	return cmd
}

func serve(c *console, cmd *cobra.Command) error {
	cfg, err := loadSettings(c, cmd)
	if err != nil {
		return err
	}
	a, err := app.New(cfg, app.Options{Stderr: c.err, Version: readBuild().Version})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = serveUntil(ctx, c, a)
	stop() // from here on a signal ends the process at once
	stopCtx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return errors.Join(err, a.Stop(stopCtx))
}

// serveUntil listens, begins to work, and serves until ctx is done.
func serveUntil(ctx context.Context, c *console, a *app.App) error {
	if err := a.Listen(ctx); err != nil {
		return orElsewhere(err)
	}
	resumed, err := a.Start(ctx)
	if err != nil {
		return err
	}
	for _, run := range resumed {
		fmt.Fprintf(c.err, "Resuming run %s in phase %v.\n", run.ID, run.Phase)
	}
	fmt.Fprintf(c.err, "Serving on http://%s\n", a.Addr())
	if second := a.DashboardAddr(); second != "" {
		fmt.Fprintf(c.err, "The dashboard is also on http://%s\n", second)
	}
	return a.Serve(ctx)
}

// orElsewhere adds to the refusal of an address to listen on what can be done.
func orElsewhere(err error) error {
	if refused := (*net.OpError)(nil); !errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w\nname another port with --port or PORT, 0 for any free one, or --dashboard-port or DASHBOARD_PORT for the second; --host or HOST is the address", err)
}
