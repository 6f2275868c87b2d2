package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/filavip/filavip/internal/config"
)

// What is wrong with a command line ends the process with status 2, also where it is
// cobra that finds it.

// strict makes what a command and those below it say of their arguments a matter of
// usage. A command that has others below it and does nothing itself shows its help.
func strict(cmd *cobra.Command) {
	if cmd.HasSubCommands() {
		cmd.Args = noSuchCommand
	}
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			return withStatus(exitUsage, check(cmd, args))
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// noSuchCommand refuses the name of a sub-command that is none, and says what may have
// been meant.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return err
}

// noSuchTopic refuses to help on a command that is none.
func noSuchTopic(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err != nil {
		return err
	}
	return noSuchCommand(cmd, rest)
}

// noArgs refuses arguments that are not flags.
func (c *console) noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unexpected argument %q; %q takes flags alone", args[0], cmd.CommandPath())
	if flag := c.flagBefore(cmd, args[0]); flag != "" {
		err = fmt.Errorf("%w; did you mean --%s=%s?", err, flag, args[0])
	}
	return err
}

// flagBefore returns the name of the flag that stands before an argument and takes its
// value only behind an equals sign, as boolean ones do.
func (c *console) flagBefore(cmd *cobra.Command, arg string) string {
	i := slices.Index(c.args, arg)
	if i < 1 {
		return ""
	}
	name, ok := strings.CutPrefix(c.args[i-1], "--")
	flag := cmd.Flags().Lookup(name)
	if !ok || flag == nil || flag.NoOptDefVal == "" {
		return ""
	}
	return name
}

// flagError says what is wrong with a flag, and what is allowed.
func flagError(cmd *cobra.Command, err error) error {
	if none := (*pflag.NotExistError)(nil); errors.As(err, &none) {
		if near := config.Nearest(none.GetSpecifiedName(), flagNames(cmd)); near != "" {
			err = fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	if bad := (*pflag.InvalidValueError)(nil); errors.As(err, &bad) {
		if allowed := allowedAs(bad.GetFlag().Value.Type()); allowed != "" {
			err = fmt.Errorf("--%s: %q; allowed: %s", bad.GetFlag().Name, bad.GetValue(), allowed)
		}
	}
	return withStatus(exitUsage, err)
}

func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// allowedAs returns what a flag of that type may be given.
func allowedAs(flagType string) string {
	switch flagType {
	case "duration":
		return "a duration such as 5s or 1m30s"
	case "bool":
		return "true or false"
	case "uint64":
		return "a whole number from 0 to 18446744073709551615"
	}
	return ""
}
