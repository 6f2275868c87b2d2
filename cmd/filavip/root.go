package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
)

// console is where a command reads and writes: data to out, everything else to err.
type console struct {
	args []string // of this command line
	in   io.Reader
	out  io.Writer
	err  io.Writer
}

// terminal says whether progress can be drawn on err.
func (c *console) terminal() bool {
	f, ok := c.err.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

const rootLong = `filavip is a durable, VIP-first order queue in one binary.

It takes orders by the million, stores every one of them, and ships every VIP
before the first NORMAL. What it acknowledges survives a crash, and "filavip
verify" proves it.`

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:           "filavip",
		Short:         "A durable, VIP-first order queue",
		Long:          rootLong,
		Example:       "  filavip run                     process a million orders in ./data\n  filavip verify                  prove that nothing was lost",
		Version:       readBuild().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	addGroup(root, "process", "Process orders:", newRun(c), newVerify(c), newBench(c))
	addGroup(root, "server", "Run a server:", newServe(c), newWorker(c), newHealthcheck(c), newConfig(c))
	addGroup(root, "operate", "Operate a running server:", newStatus(c), newWatch(c), newGenerate(c), newCancel(c), newReset(c),
		newQueue(c), newDLQ(c), newOrders(c), newRuns(c), newLogs(c), newWorkers(c))
	addGroup(root, "other", "Other:", newVersion(c))
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = noSuchTopic
	}
	root.SetVersionTemplate("{{.Version}}")
	root.SetFlagErrorFunc(flagError)
	strict(root)
	return root
}

// addGroup adds commands that help shows together.
func addGroup(root *cobra.Command, id, title string, cmds ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, cmd := range cmds {
		cmd.GroupID = id
	}
	root.AddCommand(cmds...)
}
