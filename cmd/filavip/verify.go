package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/order"
)

const verifyLong = `Read every row of the store and prove it right or wrong: of the data directory or,
with MONGO_URI, of MongoDB.

It recounts all orders and holds the result against the counters, checks that
every pending order is in exactly one place, and compares the digest of each
finished generated run with the one that its seed foretells. Exit status 1 means
damage was found. No order is changed; as at any start, what a crash left in the
log is filed.`

func newVerify(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that nothing was lost, doubled or changed",
		Long:  verifyLong,
		Args:  c.noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return verify(c, cmd, output) },
	}
	addOutput(cmd, &output)
	bindSettings(cmd, config.Storage, config.Distributed)
	return cmd
}

func verify(c *console, cmd *cobra.Command, output string) error {
	if err := checkOutput(output); err != nil {
		return err
	}
	cfg, err := loadSettings(c, cmd)
	if err != nil {
		return err
	}
	cfg.LogLevel = 8 // slog.LevelError
	a, err := app.New(cfg, app.Options{Stderr: c.err, MustExist: true})
	if err != nil {
		return err
	}
	checked, err := a.Verify(cmd.Context())
	if err = errors.Join(err, a.Stop(context.Background())); err != nil {
		return err
	}
	err = show(c, output, newVerdict(&checked), func(w io.Writer) error { return printChecked(w, &checked) })
	if err == nil && !checked.Clean() {
		err = withStatus(exitDamaged, fmt.Errorf("%s found", counted(checked.Found, "problem")))
	}
	return err
}

func printChecked(w io.Writer, checked *app.Checked) error {
	for i := range checked.Runs {
		r := &checked.Runs[i]
		fmt.Fprintf(w, "run %s  %v  %s orders: %s processed, %s dead, %s removed, %s pending\n",
			r.Run.ID, r.Run.Phase, grouped(r.Counts.Generated()), grouped(r.Counts.Processed()),
			grouped(r.Counts.Dead()), grouped(r.Counts.Removed()), grouped(r.Counts.Unsettled()))
		fmt.Fprintf(w, "  digest %v%s\n", r.Digest, foretold(checked, r.Run.ID, r.Digest))
	}
	for _, p := range checked.Problems {
		fmt.Fprintln(w, "problem:", p)
	}
	if checked.Clean() {
		_, err := fmt.Fprintf(w, "clean: %s in %s\n", counted(checked.Orders, "order"), counted(int64(len(checked.Runs)), "run"))
		return err
	}
	_, err := fmt.Fprintf(w, "DAMAGED: %s\n", counted(checked.Found, "problem"))
	return err
}

func foretold(checked *app.Checked, id order.RunID, digest order.Digest) string {
	known, ok := checked.Known[id]
	switch {
	case !ok:
		return ""
	case known == digest:
		return ", as its seed foretells"
	}
	return ", NOT the " + known.String() + " that its seed foretells"
}
