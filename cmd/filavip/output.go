package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The forms in which a command prints its data.
const (
	outputTable = "table"
	outputJSON  = "json"   // one document, indented
	outputLines = "ndjson" // one document a line: each item of a list, else the whole
)

func outputs() []string { return []string{outputTable, outputJSON, outputLines} }

// addOutput gives a command the flag that chooses the form of its data.
func addOutput(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", outputTable, "what to print on standard output: "+strings.Join(outputs(), ", "))
	completing(cmd, "output", outputs())
}

func checkOutput(output string) error {
	if !slices.Contains(outputs(), output) {
		return withStatus(exitUsage, fmt.Errorf("--output: %q; allowed: %s", output, strings.Join(outputs(), ", ")))
	}
	return nil
}

// show writes data to standard output, as JSON or as the table that draw writes.
func show(c *console, output string, data any, draw func(io.Writer) error) error {
	switch output {
	case outputJSON:
		enc := newEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(data)
	case outputLines:
		return writeLine(c.out, data)
	}
	return draw(c.out)
}

// list writes a page to standard output: as JSON, as its items line by line, or as the
// table that draw writes.
func list[T any](c *console, output string, page any, items []T, draw func(io.Writer) error) error {
	if output != outputLines {
		return show(c, output, page, draw)
	}
	for i := range items {
		if err := writeLine(c.out, &items[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeLine writes data as one line of JSON.
func writeLine(w io.Writer, data any) error { return newEncoder(w).Encode(data) }

func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}
