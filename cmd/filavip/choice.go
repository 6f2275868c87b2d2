package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// usagef is an error in the command line.
func usagef(format string, args ...any) error {
	return withStatus(exitUsage, fmt.Errorf(format, args...))
}

// choose makes a flag's value the one of the choices that it is but for its case. A flag
// that was not given stays as it is.
func choose(cmd *cobra.Command, flag string, value *string, choices []string) error {
	if !given(cmd, flag) {
		return nil
	}
	i := slices.IndexFunc(choices, func(choice string) bool { return strings.EqualFold(choice, *value) })
	if i < 0 {
		return usagef("--%s: %q; allowed: %s", flag, *value, strings.Join(choices, ", "))
	}
	*value = choices[i]
	return nil
}

// notEmpty refuses flags that were given without a text: to the server they would not be
// there, and it would take more than was meant.
func notEmpty(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			return usagef("--%s: it is empty; give a text, or leave it out", name)
		}
	}
	return nil
}
