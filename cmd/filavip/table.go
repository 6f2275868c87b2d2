package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columnGap stands between two columns.
const columnGap = "  "

// table is rows of cells in columns. A heading that begins with > aligns its column to
// the right, as numbers are.
type table struct {
	heads []string
	rows  [][]string
}

func newTable(heads ...string) *table { return &table{heads: heads} }

// add adds a row, one cell for each column.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table. Lines have no white space at their end.
func (t *table) print(w io.Writer) error {
	widths := make([]int, len(t.heads))
	right := make([]bool, len(t.heads))
	heads := make([]string, len(t.heads))
	for i, head := range t.heads {
		heads[i], right[i] = strings.CutPrefix(head, ">")
	}
	all := t.rows
	if strings.Join(heads, "") != "" {
		all = append([][]string{heads}, t.rows...)
	}
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				line.WriteString(pad + cell + columnGap)
			} else {
				line.WriteString(cell + pad + columnGap)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// facts is a table of names and values, without headings.
func facts(pairs ...string) *table {
	t := newTable("", "")
	for i := 0; i+1 < len(pairs); i += 2 {
		t.add(pairs[i], pairs[i+1])
	}
	return t
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// orDash shows that there is nothing.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printable shows what a terminal would obey instead: text that others wrote may hold
// anything.
func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	quoted := strconv.QuoteToGraphic(s)
	return quoted[1 : len(quoted)-1]
}
