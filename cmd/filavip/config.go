package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/config"
)

const configLong = `Show the value that each setting has, and where it comes from.

A flag overrules the environment, the environment overrules .env in the working
directory, and that overrules the default. Passwords are masked. The flags of this
command are those of all settings, to try what they would do.`

func newConfig(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show every setting, its value, and where that comes from",
		Long:    configLong,
		Example: "  filavip config\n  PORT=8080 filavip config -o json",
		Args:    c.noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			cfg, err := loadSettings(c, cmd)
			if err != nil {
				return err
			}
			entries := cfg.Entries()
			return list(c, output, entries, entries, func(w io.Writer) error { return printEntries(w, entries) })
		},
	}
	addOutput(cmd, &output)
	bindSettings(cmd, config.Listen, config.Access, config.Storage, config.Distributed, config.Queue, config.Logs, config.View, config.Client)
	return cmd
}

func printEntries(w io.Writer, entries []config.Entry) error {
	t := newTable("setting", "value", "origin")
	for _, e := range entries {
		origin := string(e.Origin)
		if e.Name != "" && e.Name != e.Key {
			origin += ", as " + e.Name
		}
		t.add(e.Key, orDash(printable(e.Value)), origin)
	}
	return t.print(w)
}
