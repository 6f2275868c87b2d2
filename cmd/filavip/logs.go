package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

const logsLong = `Show the latest lines of the server's log, as it keeps them in memory.

Lines of all levels are shown in the order of their times. --level shows one level
alone, --by-level one after the other. With -o json or -o ndjson the whole answer of
the server is printed, with so many lines of each level.

With --follow new lines are shown as they are written, until Ctrl-C, also those of a
server that is started again; --level then is the least level to show, and -o json or
-o ndjson prints each new line as JSON.`

// logsFlags say which lines to show.
type logsFlags struct {
	lines   string
	level   string
	byLevel bool
	follow  bool
}

func newLogs(c *console) *cobra.Command {
	var f logsFlags
	cmd := &cobra.Command{
		Use:     "logs",
		Short:   "Show the latest lines of the server's log",
		Long:    logsLong,
		Example: "  filavip logs -n 100\n  filavip logs --level error\n  filavip logs -f --level warn",
		Args:    c.noArgs,
	}
	r := newRemote(c, cmd)
	cmd.Flags().StringVarP(&f.lines, "lines", "n", "50", "how many lines, up to 10000; with --by-level, of each level")
	cmd.Flags().StringVar(&f.level, "level", "all", "which lines: all, info, warn, error")
	cmd.Flags().BoolVar(&f.byLevel, "by-level", false, "show the lines of each level together")
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with new lines as they are written")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.follow && f.byLevel {
			return withStatus(exitUsage, errors.New("--follow shows lines as they come and --by-level sorts them; give one of the two"))
		}
		if given(cmd, "level") && given(cmd, "by-level") {
			return withStatus(exitUsage, errors.New("--level shows one level and --by-level all; give one of the two"))
		}
		n, err := f.number()
		if err != nil {
			return err
		}
		if f.follow {
			r.perCall = callWithin
			if !given(cmd, "timeout") {
				r.timeout = 0
			}
			return r.call(cmd, func(ctx context.Context, api *client.Client) error { return f.tail(ctx, r, api, n) })
		}
		return r.call(cmd, func(ctx context.Context, api *client.Client) error {
			logs, err := api.Logs(ctx, n)
			if err != nil {
				return err
			}
			return r.show(logs, func(w io.Writer) error { return f.print(w, &logs.Logs, n) })
		})
	}
	return completing(cmd, "level", logLevels())
}

// logLevels are the choices of --level.
func logLevels() []string { return []string{"all", "info", "warn", "error"} }

func (f *logsFlags) number() (int, error) {
	if !slices.Contains(logLevels(), f.level) {
		return 0, withStatus(exitUsage, fmt.Errorf("--level: %q; allowed: %s", f.level, strings.Join(logLevels(), ", ")))
	}
	n, err := wholeNumber("lines", f.lines, 1, 10_000)
	return int(n), err
}

func (f *logsFlags) print(w io.Writer, logs *wire.LogLines, n int) error {
	switch {
	case f.byLevel:
		return printLevels(w, logs)
	case f.level == "info":
		return printLines(w, logs.LogMessages)
	case f.level == "warn":
		return printLines(w, logs.WarnMessages)
	case f.level == "error":
		return printLines(w, logs.ErrorMessages)
	}
	all := interleave(logs.LogMessages, logs.WarnMessages, logs.ErrorMessages)
	return printLines(w, all[max(0, len(all)-n):])
}

func printLevels(w io.Writer, logs *wire.LogLines) error {
	for _, level := range []struct {
		name  string
		lines []string
	}{{"info", logs.LogMessages}, {"warn", logs.WarnMessages}, {"error", logs.ErrorMessages}} {
		fmt.Fprintf(w, "%s: %d lines\n", level.name, len(level.lines))
		if err := printLines(w, level.lines); err != nil {
			return err
		}
	}
	return nil
}

func printLines(w io.Writer, lines []string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// interleave merges lists that are each in the order of their times. A line without a
// time stays behind the one before it.
func interleave(lists ...[]string) []string {
	var all []string
	for {
		next, earliest := -1, ""
		for i, list := range lists {
			if len(list) == 0 {
				continue
			}
			if at := timeOf(list[0]); next < 0 || at < earliest {
				next, earliest = i, at
			}
		}
		if next < 0 {
			return all
		}
		all = append(all, lists[next][0])
		lists[next] = lists[next][1:]
	}
}

// timeOf returns the time that a line begins with, in brackets. Times are all of one
// form, so their texts compare like they do.
func timeOf(line string) string {
	text, _, ok := strings.Cut(strings.TrimPrefix(line, "["), "]")
	if !ok || !strings.HasPrefix(line, "[") {
		return ""
	}
	return text
}
