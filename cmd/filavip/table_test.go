package main

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTable(t *testing.T) {
	t.Parallel()
	table := newTable("name", ">count", "")
	table.add("Ação", "1,000", "x")
	table.add("b", "2", "")
	var out strings.Builder
	if err := table.print(&out); err != nil {
		t.Fatal(err)
	}
	const want = "name  count\nAção  1,000  x\nb         2\n"
	if out.String() != want {
		t.Errorf("print:\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	if err := facts("a", "1", "longer", "2").print(&out); err != nil || out.String() != "a       1\nlonger  2\n" {
		t.Errorf("facts = %q, %v; want two lines without a heading", out.String(), err)
	}
	if err := table.print(broken{}); err == nil {
		t.Error("print on a broken pipe = nil, want its error")
	}
}

// broken is a pipe that nobody reads.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPrintable(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":               "",
		"plain, Ação \"": "plain, Ação \"",
		"\x1b[31mred":    `\x1b[31mred`,
		"two\nlines":     `two\nlines`,
		"\u202etxt":      `\u202etxt`,
		"\xff":           `\xff`,
	} {
		if got := printable(given); got != want {
			t.Errorf("printable(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, s string) {
		got := printable(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("printable(%q) = %q, want what a terminal only shows", s, got)
		}
	})
}
