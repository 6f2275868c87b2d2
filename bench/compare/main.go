// Command compare measures filavip beside a worker of the usual kind: Bull over Redis,
// 25 jobs at a time, each settled by one conditional update in MongoDB. Both work on the
// same servers, in turn, several rounds each. From the module's folder:
//
//	go run ./bench/compare
//
// It needs Go, and npm for the other side. Redis is REDIS_URL, which must be empty, or a
// redis-server of its own; MongoDB is MONGO_TEST_URI, or a test double in a process of
// its own. What it printed it measured against which, it says first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// settings say what to measure.
type settings struct {
	orders int64
	rounds int
	only   []string
	output string
	part   string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var only string
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Int64Var(&s.orders, "n", 100_000, "orders in each run, 1000 to 10000000")
	f.IntVar(&s.rounds, "rounds", 3, "runs of each side to take the median of, 1 to 99")
	f.StringVar(&only, "only", strings.Join(contenders(), ","), "what to measure")
	f.StringVar(&s.output, "o", "markdown", "how to print the result: markdown or json")
	f.StringVar(&s.part, "part", "", "what a child process is")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	s.only = strings.Split(only, ",")
	switch {
	case f.NArg() > 0:
		return s, fmt.Errorf("%q is no argument; -h lists the flags", f.Arg(0))
	case s.orders < 1000 || s.orders > 10_000_000:
		return s, fmt.Errorf("-n %d; allowed: 1000 to 10000000", s.orders)
	case s.rounds < 1 || s.rounds > 99:
		return s, fmt.Errorf("-rounds %d; allowed: 1 to 99", s.rounds)
	case s.output != "markdown" && s.output != "json":
		return s, fmt.Errorf("-o %s; allowed: markdown or json", s.output)
	}
	for _, name := range s.only {
		if !slices.Contains(contenders(), name) {
			return s, fmt.Errorf("-only %q; allowed: %s, or several with commas between", name, strings.Join(contenders(), ", "))
		}
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if s.part == doublePart {
		return serveDouble(os.Stdin, stdout)
	}
	b, err := newBench(ctx, s, stderr)
	if err != nil {
		return err
	}
	result, err := b.measure(ctx)
	err = errors.Join(err, b.close())
	if err != nil {
		return err
	}
	if err := result.print(stdout, s.output); err != nil {
		return err
	}
	return result.check()
}
