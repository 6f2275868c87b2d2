package logbook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"
	"unicode"
	"unicode/utf8"
)

// render returns the line that logging text with args leaves behind, without its time.
func render(t *testing.T, text string, args ...any) string {
	t.Helper()
	b := mustOpen(t, Options{})
	b.Logger().Info(text, args...)
	infos, _, _ := b.Tail(1)
	return strings.TrimPrefix(infos[0][len(noonText):], " [INFO] ")
}

// marshaler is a type that speaks for itself.
type marshaler struct{ secret string }

func (m marshaler) LogValue() slog.Value { return slog.StringValue("***") }

// bomb is a type that cannot speak.
type bomb struct{}

func (*bomb) String() string { panic("boom") }

func TestLine(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, test := range []struct {
		text string
		args []any
		want string
	}{
		{"plain", nil, `[filavip] plain`},
		{"", nil, `[filavip] `},
		{"kinds", []any{"s", "word", "n", 42, "f", 1.5, "b", true, "d", 1500 * time.Millisecond, "t", at},
			`[filavip] kinds s=word n=42 f=1.5 b=true d=1.5s t=2026-01-02T03:04:05.000000006Z`},
		{"quotes", []any{"space", "two words", "empty", "", "equals", "a=b", "quote", `say "hi"`, "back", `c:\d`},
			`[filavip] quotes space="two words" empty="" equals="a=b" quote="say \"hi\"" back="c:\\d"`},
		{"any", []any{"err", errors.New("no such file"), "nil", nil, "bytes", []byte("raw"), "list", []int{1, 2}},
			`[filavip] any err="no such file" nil=<nil> bytes=raw list="[1 2]"`},
		{"secret", []any{"key", marshaler{"hunter2"}}, `[filavip] secret key=***`},
		{"groups", []any{slog.Group("http", "code", 200, slog.Group("req", "id", "x")), slog.Group("none")},
			`[filavip] groups http.code=200 http.req.id=x`},
		{"component", []any{"component", "queue", "n", 1}, `[queue] component n=1`},
		{"odd", []any{"alone"}, `[filavip] odd !BADKEY=alone`},
		{"a\nb\x1b[31m\u202e\u2028\u0085é", nil, `[filavip] a\nb\x1b[31m\u202e\u2028\u0085é`},
		{"c", []any{"component", "x] [ERROR] [y\n"}, `[x\x5d\x20\x5bERROR\x5d\x20\x5by\n] c`},
		{"keys", []any{"a b", 1, "c=d", 2, "e\n", 3}, `[filavip] keys a\x20b=1 c\x3dd=2 e\n=3`},
		{"bytes", []any{"v", "\xff\xfe", "real", "\ufffd"}, `[filavip] bytes v="\xff\xfe" real="` + "\ufffd" + `"`},
		{"emoji", []any{"v", "Ação 🎉", "joined", "a\u200db"}, `[filavip] emoji v="Ação 🎉" joined="a\u200db"`},
		{"tag", []any{"v", "\U000e0041"}, `[filavip] tag v="\U000e0041"`},
	} {
		if got := render(t, test.text, test.args...); got != test.want {
			t.Errorf("%q %v\n got %s\nwant %s", test.text, test.args, got, test.want)
		}
	}
}

func TestAValueThatPanicsIsSurvived(t *testing.T) {
	t.Parallel()
	got := render(t, "bomb", "v", &bomb{})
	if !strings.Contains(got, "PANIC") || !strings.Contains(got, "boom") {
		t.Errorf("line = %s, want it to tell of the panic", got)
	}
}

func TestFieldsAndLinesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 4*maxField)
	got := render(t, long, "v", long, long, 1, "q", long+" ")
	for i, field := range strings.Split(got, " ") {
		if len(field) > 2*maxField+1 || !utf8.ValidString(field) {
			t.Errorf("field %d has %d bytes", i, len(field))
		}
	}
	if n := strings.Count(got, ellipsis); n != 4 {
		t.Errorf("%d ellipses, want 4", n)
	}
	var many []any
	for i := range 200 {
		many = append(many, fmt.Sprintf("key%d", i), long)
	}
	line := render(t, long, append(many, "component", long)...)
	if len(line) > 16<<10 {
		t.Errorf("line has %d bytes, want at most 16 KiB", len(line))
	}
	if !strings.HasSuffix(line, " "+ellipsis) {
		t.Errorf("line ends in %q, want a sign that attributes are missing", line[len(line)-20:])
	}
}

func TestLoggersDoNotShareTheirAttributes(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, Options{})
	base := b.Logger().With("component", "queue", "a", 1)
	first, second := base.With("b", 2), base.With("c", 3)
	grouped := base.WithGroup("g").With("component", "no bracket")
	first.Info("x")
	second.Info("y")
	grouped.Info("z", "k", "v")
	base.Info("w", "component", "other")
	infos, _, _ := b.Tail(9)
	for i, want := range []string{
		`[queue] x a=1 b=2`,
		`[queue] y a=1 c=3`,
		`[queue] z a=1 g.component="no bracket" g.k=v`,
		`[other] w a=1`,
	} {
		if got := strings.TrimPrefix(infos[i][len(noonText):], " [INFO] "); got != want {
			t.Errorf("line %d = %s, want %s", i, got, want)
		}
	}
}

// TestHandlerContract runs the standard library's suite for handlers. Its results are
// read back from the lines.
func TestHandlerContract(t *testing.T) {
	t.Parallel()
	var b *Book
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		b = mustOpen(t, Options{Now: noon})
		return b.Logger().Handler()
	}, func(t *testing.T) map[string]any {
		infos, _, _ := b.Tail(1)
		return parse(t, infos[0])
	})
}

// parse reads a line of plain values back.
func parse(t *testing.T, line string) map[string]any {
	t.Helper()
	fields := strings.Fields(line)
	got := map[string]any{slog.LevelKey: strings.Trim(fields[1], "[]"), slog.MessageKey: fields[3]}
	if fields[0] != noonText { // the time of a record without one
		got[slog.TimeKey] = fields[0]
	}
	for _, field := range fields[4:] {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			t.Fatalf("field %q of %q is no attribute", field, line)
		}
		group := got
		path := strings.Split(key, ".")
		for _, name := range path[:len(path)-1] {
			if group[name] == nil {
				group[name] = map[string]any{}
			}
			group = group[name].(map[string]any)
		}
		group[path[len(path)-1]] = value
	}
	return got
}

func FuzzLine(f *testing.F) {
	f.Add("text", "component", "key", "value")
	f.Add("a\nb", "x] [ERROR]", "k=v", "\x1b[2J\u202e\u2066\u2028\u2029\u0085\x7f")
	f.Add("\xff\xc0\x80", "\\", "\"", "\\\" \\n")
	f.Add(strings.Repeat("\x00", 2000), "", "", strings.Repeat("\"", 1025))
	b, err := Open(Options{})
	if err != nil {
		f.Fatalf("Open() = %v", err)
	}
	f.Fuzz(func(t *testing.T, text, component, key, value string) {
		b.Reset()
		r := slog.NewRecord(noon(), slog.LevelInfo, text, 0)
		r.Add("component", component, key, value)
		if err := b.Logger().Handler().Handle(context.Background(), r); err != nil {
			t.Fatalf("Handle() = %v", err)
		}
		infos, _, _ := b.Tail(9)
		if len(infos) != 1 {
			t.Fatalf("Tail(9) = %q, want one line", infos)
		}
		line := infos[0]
		if !strings.HasPrefix(line, noonText+" [INFO] [") || len(line) > 5*maxField || !utf8.ValidString(line) {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
		for _, r := range line {
			if !unicode.IsPrint(r) {
				t.Errorf("line shows %U: %q", r, line)
			}
		}
		shown, rest, _ := strings.Cut(strings.TrimPrefix(line, noonText+" [INFO] ["), "] ")
		if strings.ContainsAny(shown, "[] ") {
			t.Errorf("component is %q in %q", shown, line)
		}
		if len(rest) < len(text) && !strings.Contains(rest, ellipsis) {
			t.Errorf("text %q was shortened without a sign: %q", text, rest)
		}
	})
}

func FuzzValueReadsBack(f *testing.F) {
	f.Add("word")
	f.Add("two words")
	f.Add("\\ \" \n \x00 \u2028 \xff é")
	f.Fuzz(func(t *testing.T, value string) {
		got := string(appendValue(nil, value))
		if len(got) > maxField {
			t.Errorf("appendValue(%q) has %d bytes, want at most %d", value, len(got), maxField)
		}
		if strings.Contains(got, ellipsis) {
			return
		}
		back := got
		if strings.HasPrefix(got, `"`) {
			if _, err := fmt.Sscanf(got, "%q", &back); err != nil {
				t.Fatalf("appendValue(%q) = %s does not read back: %v", value, got, err)
			}
		}
		if back != value {
			t.Errorf("appendValue(%q) = %s reads back as %q", value, got, back)
		}
	})
}
