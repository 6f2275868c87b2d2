package order_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

func TestErrorGroup(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", order.MaxGroupLen)
	tests := []struct{ reason, want string }{
		{"simulated failure", "simulated failure"},
		{"", "<empty>"},
		{" \t\n", "<empty>"},
		{"\x00\x1b", "<empty>"},

		// White space, and what cannot be printed.
		{"  a \t\r\n b\u00a0\u2003c  ", "a b c"},
		{"a\x00\x1b\u0085b", "a b"},
		{"a\xff\xfeb", "a?b"},
		{"ação ünïcode 田中", "ação ünïcode 田中"},

		// Numbers.
		{"order 17 of 1000", "order <n> of <n>"},
		{"took 1.5s, allowed 0.25s", "took <n>s, allowed <n>s"},
		{"valor 1,234.50 is too large", "valor <n> is too large"},
		{"dial tcp 10.0.0.7:27017: refused", "dial tcp <n>:<n>: refused"},
		{"ends with 5.", "ends with <n>."},
		{"ends with 5,", "ends with <n>,"},
		{"1..2", "<n>..<n>"},
		{"v2 worker3 shard_7", "v<n> worker<n> shard_<n>"},
		{"-1", "-<n>"},

		// Hexadecimal numbers.
		{"at 0x7fff", "at <hex>"},
		{"at 0XBEEF.", "at <hex>."},
		{"0x", "<n>x"},
		{"0xyz", "<n>xyz"},
		{"0x7fffg", "<n>x<n>fffg"},
		{"token deadbeef1", "token <hex>"},
		{"token DEADBEEF1", "token <hex>"},
		{"token deadbeef", "token deadbeef"},
		{"token abc1234", "token abc<n>"},
		{"token abc12345", "token <hex>"},
		{"token 12345678", "token <n>"},
		{"token abc12345_", "token abc<n>_"},
		{"commit 8038d43c1f is bad", "commit <hex> is bad"},
		{"commit 8038d43 is short", "commit <n>d<n> is short"},
		{"xabc12345", "xabc<n>"},
		{"defaced decade", "defaced decade"},

		// UUIDs.
		{"order " + rfcExample + " is gone", "order <uuid> is gone"},
		{"order " + strings.ToUpper(rfcExample), "order <uuid>"},
		{"order " + rfcExample + "_", "order <hex>-<n>b<n>-<n>cc<n>-<n>c<n>-dc<n>c<n>c<n>f_"},
		{rfcExample, "<uuid>"},
		{"{" + rfcExample + "}", "{<uuid>}"},
		{"id_" + rfcExample, "id_<uuid>"},
		{rfcExample + "." + rfcExample, "<uuid>.<uuid>"},

		// Quoted texts.
		{`field "a b": bad`, `field <text>: bad`},
		{"field 'a': bad `x`", "field <text>: bad <text>"},
		{`""`, "<text>"},
		{`"it's"`, "<text>"},
		{"can't open, won't read", "can't open, won't read"},
		{"can't open 'x'", "can't open <text>"},
		{`two "a" and "b", one " more`, `two <text> and <text>, one " more`},
		{`field "never closed 7`, `field "never closed <n>`},
		{`"` + rfcExample + `" 5`, "<text> <n>"},

		// Length.
		{long, long},
		{long + "b", long},
		{long[1:] + "é", long[1:]},
		{long[1:] + " b", long[1:]},
		{long[3:] + "77", long[3:] + "<n>"},
		{long[2:] + "77", long[2:] + "<n"},
		{strings.Repeat(" ", 500) + "x", "x"},
		{strings.Repeat("田", 41), strings.Repeat("田", 40)},
		{strings.Repeat("1 ", 10_000), strings.TrimSpace(strings.Repeat("<n> ", 30))},
	}
	for _, test := range tests {
		if got := order.ErrorGroup(test.reason); got != test.want {
			t.Errorf("ErrorGroup(%q) = %q, want %q", test.reason, got, test.want)
		}
	}
}

// part is a stretch of an error's text: words, or a kind of data. It returns two
// versions, which for data differ in it.
type part func(t *rapid.T) (string, string)

func words(text string) part { return func(*rapid.T) (string, string) { return text, text } }

func data(form *rapid.Generator[string]) part {
	return func(t *rapid.T) (string, string) { return form.Draw(t, "data"), form.Draw(t, "other data") }
}

func numbers() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.Uint64(), func(n uint64) string { return fmt.Sprint(n) }),
		rapid.Map(rapid.Uint32(), func(n uint32) string { return fmt.Sprintf("%.2f", float64(n)/100) }),
	)
}

func hexNumbers() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`0[xX][0-9a-fA-F]{1,16}`),
		rapid.StringMatching(`[0-9][0-9a-f]{3,20}[a-f][0-9a-f]{3,20}`),
	)
}

// Errors that differ only in their data are in one group.
func TestErrorGroupForgetsData(t *testing.T) {
	t.Parallel()
	parts := []part{
		words("connection refused"), words("pedido não encontrado:"), words("can't"), words("(retry)"), words("田中"),
		data(numbers()),
		data(hexNumbers()),
		data(rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)),
		data(rapid.StringMatching(`"[^"\x00-\x1f]{0,30}"`)),
		data(rapid.StringMatching("`[^`]{0,9}`")),
	}
	rapid.Check(t, func(t *rapid.T) {
		var a, b []string
		for range rapid.IntRange(1, 12).Draw(t, "parts") {
			x, y := rapid.SampledFrom(parts).Draw(t, "part")(t)
			a, b = append(a, x), append(b, y)
		}
		first, second := strings.Join(a, " "), strings.Join(b, " ")
		if x, y := order.ErrorGroup(first), order.ErrorGroup(second); x != y {
			t.Fatalf("%q is in group %q, %q in %q", first, x, second, y)
		}
	})
}

// Errors that differ in their words are not.
func TestErrorGroupKeepsWords(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[g-z]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, n := word.Draw(t, "a"), word.Draw(t, "b"), numbers().Draw(t, "n")
		x, y := order.ErrorGroup(a+" "+n+" failed"), order.ErrorGroup(b+" "+n+" failed")
		if (x == y) != (a == b) {
			t.Fatalf("%q and %q are in groups %q and %q", a, b, x, y)
		}
	})
}

func FuzzErrorGroup(f *testing.F) {
	for _, reason := range []string{
		"", "simulated failure", "order 17: 'x' at 0x7f", rfcExample, `"open`, "1,2.3", "\xff\x00é", "a\u2028b",
		strings.Repeat("é7 ", 100), strings.Repeat("\u00a0", 200), strings.Repeat("'", 300), "<n>", "deadbeef1",
	} {
		f.Add(reason)
	}
	f.Fuzz(func(t *testing.T, reason string) {
		got := order.ErrorGroup(reason)
		switch {
		case got == "" || len(got) > order.MaxGroupLen:
			t.Errorf("ErrorGroup(%q) = %q, %d bytes, want 1 to %d", reason, got, len(got), order.MaxGroupLen)
		case !utf8.ValidString(got):
			t.Errorf("ErrorGroup(%q) = %q, want valid UTF-8", reason, got)
		case strings.ContainsAny(got, "0123456789\x00\n\r\t\x1b\x7f"):
			t.Errorf("ErrorGroup(%q) = %q, want no digit and no control character", reason, got)
		case strings.Contains(got, "  ") || strings.TrimSpace(got) != got:
			t.Errorf("ErrorGroup(%q) = %q, want single spaces, inside only", reason, got)
		}
		if padded := order.ErrorGroup(" \n" + reason + "\t"); padded != got && len(got) < order.MaxGroupLen-8 {
			t.Errorf("ErrorGroup(%q) = %q, with white space around %q", reason, got, padded)
		}
	})
}
