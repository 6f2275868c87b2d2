package order_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/filavip/filavip/internal/order"
)

func TestErrorGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, want string }{
		{"timeout", "timeout"},
		{"timeout after 30s", "timeout after <n>s"},
		{"timeout after 1.5s", "timeout after <n>s"},
		{"charge 17 refused: 402", "charge <n> refused: <n>"},
		{"1,234,567.89 is too much", "<n> is too much"},
		{"dial tcp 127.0.0.1:5432: refused", "dial tcp <n>:<n>: refused"},
		{"order 018f2f6e-7b1c-7d3a-9c4e-0123456789ab is gone", "order <uuid> is gone"},
		{"order 018F2F6E-7B1C-7D3A-9C4E-0123456789AB is gone", "order <uuid> is gone"},
		{"at 0xdeadbeef in f", "at <hex> in f"},
		{"at 0XFF", "at <hex>"},
		{"commit 8038d43c1f is bad", "commit <hex> is bad"},
		{"commit 8038d43 is short", "commit <n>d<n> is short"},
		{"effaced decade", "effaced decade"}, // hexadecimal letters, no digit
		{"worker12 died", "worker<n> died"},
		{`no such file "a/b.txt"`, "no such file <text>"},
		{"no such file 'a b'", "no such file <text>"},
		{"no such file `a`", "no such file <text>"},
		{`two "a" and "b"`, "two <text> and <text>"},
		{`empty ""`, "empty <text>"},
		{"can't open, won't try", "can't open, won't try"},
		{`one " quote`, `one " quote`},
		{"a\n\tb  c ", "a b c"},
		{"  ", "<empty>"},
		{"", "<empty>"},
		{"não há saldo", "não há saldo"},
		{"bad \xff byte", "bad ? byte"},
	} {
		if got := order.ErrorGroup(tc.reason); got != tc.want {
			t.Errorf("ErrorGroup(%q) = %q, want %q", tc.reason, got, tc.want)
		}
	}
}

func TestErrorGroupIsBounded(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		strings.Repeat("x", 10_000),
		strings.Repeat("é", 10_000),
		strings.Repeat("1 ", 10_000),
		strings.Repeat("x", order.MaxGroupLen-1) + "é",
		strings.Repeat("x", order.MaxGroupLen-1) + " y",
	} {
		got := order.ErrorGroup(reason)
		if len(got) > order.MaxGroupLen || len(got) < order.MaxGroupLen-2 || !utf8.ValidString(got) {
			t.Errorf("ErrorGroup(%.20q...) = %q, %d bytes, want valid text of about %d bytes", reason, got, len(got), order.MaxGroupLen)
		}
	}
}

func FuzzErrorGroup(f *testing.F) {
	for _, seed := range []string{"", "a 1 'b' 0xff", "\"", "0x", "018f2f6e-7b1c-7d3a-9c4e-0123456789ab", "1.", "\xff'", "é1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, reason string) {
		got := order.ErrorGroup(reason)
		if got == "" || len(got) > order.MaxGroupLen || !utf8.ValidString(got) || strings.ContainsAny(got, "0123456789\n\t") {
			t.Errorf("ErrorGroup(%q) = %q", reason, got)
		}
		if strings.TrimSpace(got) != got {
			t.Errorf("ErrorGroup(%q) = %q, want no space around it", reason, got)
		}
	})
}
