package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what is known of how this binary was made.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Dirty    bool   `json:"dirty,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
}

// String returns the build in lines for people.
func (b build) String() string {
	text := fmt.Sprintf("filavip %s (%s, %s)\n", b.Version, b.Go, b.Platform)
	if b.Revision != "" {
		text += fmt.Sprintf("revision %s of %s\n", b.Revision, b.Time)
	}
	return text
}

func newVersion(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  c.noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if err := checkOutput(output); err != nil {
				return err
			}
			return show(c, output, b, func(w io.Writer) error {
				_, err := fmt.Fprint(w, b)
				return err
			})
		},
	}
	addOutput(cmd, &output)
	return cmd
}
