package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/filavip/filavip/internal/config"
)

// bindSettings adds a flag for every setting of the groups.
func bindSettings(cmd *cobra.Command, groups ...config.Group) {
	bind(cmd, func(s *config.Setting) bool { return slices.Contains(groups, s.Group) })
}

// bindOnly adds a flag for each of these settings.
func bindOnly(cmd *cobra.Command, keys ...string) {
	bind(cmd, func(s *config.Setting) bool { return slices.Contains(keys, s.Key) })
}

func bind(cmd *cobra.Command, wanted func(*config.Setting) bool) {
	for _, s := range config.Settings() {
		if !wanted(&s) || cmd.Flags().Lookup(s.Flag) != nil {
			continue
		}
		help := fmt.Sprintf("%s [%s]", s.Help, s.Key)
		if s.Kind == config.Bool {
			value := boolText(s.Default)
			cmd.Flags().VarPF(&value, s.Flag, "", help).NoOptDefVal = "true"
			continue
		}
		cmd.Flags().String(s.Flag, s.Default, help)
	}
}

// boolText is the value of a boolean flag as it was written: what is allowed is for
// config to say, together with all else that is wrong.
type boolText string

// String implements [pflag.Value].
func (b *boolText) String() string { return string(*b) }

// Set implements [pflag.Value].
func (b *boolText) Set(text string) error {
	*b = boolText(text)
	return nil
}

// Type implements [pflag.Value].
func (b *boolText) Type() string { return "bool" }

// loadSettings reads the configuration: defaults, then .env, then the environment, then
// the command's flags.
func loadSettings(c *console, cmd *cobra.Command) (config.Config, error) {
	flags := make(map[string]string)
	known := make(map[string]bool)
	for _, s := range config.Settings() {
		known[s.Flag] = true
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if known[f.Name] {
			flags[f.Name] = f.Value.String()
		}
	})
	cfg, err := config.Load(config.Sources{
		EnvFile: ".env", Environ: os.Environ(), Flags: flags,
		Listens:  cmd.Name() == "serve" || cmd.Name() == "worker" && given(cmd, "host"),
		Stores:   slices.Contains([]string{"run", "verify", "bench", "serve", "worker"}, cmd.Name()),
		Embedded: cmd.Name() == "bench", Shared: cmd.Name() == "worker",
	})
	if err != nil {
		return cfg, withStatus(exitConfig, err)
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintln(c.err, "filavip: warning:", w)
	}
	if cfg.Distributed() {
		tune(gcPercentShared)
	}
	return cfg, nil
}

// isDefault says whether nobody has set a setting, by whatever way.
func isDefault(cfg *config.Config, key string) bool {
	return slices.ContainsFunc(cfg.Entries(), func(e config.Entry) bool { return e.Key == key && e.Origin == config.Default })
}

// given says whether one of the flags was given on the command line.
func given(cmd *cobra.Command, names ...string) bool {
	return slices.ContainsFunc(names, cmd.Flags().Changed)
}
