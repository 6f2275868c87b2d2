// Command filavip is a durable, VIP-first order queue: one binary that generates or
// reads orders, stores them, ships every VIP before the first NORMAL, and can prove that
// nothing was lost.
package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	tune(gcPercent)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns the process's exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&console{args: args, in: stdin, out: stdout, err: stderr})
	root.SetArgs(args)
	return report(stderr, root.ExecuteContext(ctx))
}

// gcPercent lets the heap grow by three tenths between collections. Most of it is
// memtables, which live long and hold no pointers, so collecting often is cheap and
// keeps the process small. GOGC overrules it.
const gcPercent = 30

// gcPercentShared is for orders that MongoDB keeps: there are no memtables, and the heap is
// small and short-lived, so collecting often would be most of the work.
const gcPercentShared = 200

func tune(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
