package order_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

func anyDigest(t *rapid.T, label string) order.Digest {
	// The ends of the range, where carries are, come up often enough this way.
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1<<63 - 1, 1 << 63, 1<<64 - 1}))
	return order.Digest{Hi: word.Draw(t, label+" hi"), Lo: word.Draw(t, label+" lo")}
}

func value(d order.Digest) *big.Int {
	hi := new(big.Int).SetUint64(d.Hi)
	return hi.Lsh(hi, 64).Or(hi, new(big.Int).SetUint64(d.Lo))
}

func TestDigestIsArithmeticModulo2To128(t *testing.T) {
	t.Parallel()
	modulus := new(big.Int).Lsh(big.NewInt(1), 128)
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDigest(t, "a"), anyDigest(t, "b")
		sum := new(big.Int).Add(value(a), value(b))
		if want := sum.Mod(sum, modulus); value(a.Add(b)).Cmp(want) != 0 {
			t.Fatalf("%v + %v = %v, want %032x", a, b, a.Add(b), want)
		}
		difference := new(big.Int).Sub(value(a), value(b))
		if want := difference.Mod(difference, modulus); value(a.Sub(b)).Cmp(want) != 0 {
			t.Fatalf("%v - %v = %v, want %032x", a, b, a.Sub(b), want)
		}
	})
}

func TestDigestIsAGroup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyDigest(t, "a"), anyDigest(t, "b"), anyDigest(t, "c")
		zero := order.Digest{}
		for _, law := range []struct {
			name      string
			got, want order.Digest
		}{
			{"a + b = b + a", a.Add(b), b.Add(a)},
			{"(a + b) + c = a + (b + c)", a.Add(b).Add(c), a.Add(b.Add(c))},
			{"a + 0 = a", a.Add(zero), a},
			{"a - a = 0", a.Sub(a), zero},
			{"(a + b) - b = a", a.Add(b).Sub(b), a},
			{"(a - b) + b = a", a.Sub(b).Add(b), a},
			{"a - b = a + (0 - b)", a.Sub(b), a.Add(zero.Sub(b))},
			{"a - (b + c) = (a - b) - c", a.Sub(b.Add(c)), a.Sub(b).Sub(c)},
		} {
			if law.got != law.want {
				t.Fatalf("%s does not hold for %v, %v, %v: %v and %v", law.name, a, b, c, law.got, law.want)
			}
		}
	})
}

// Whatever the sequence and the grouping of the terms, the sum is the same.
func TestDigestIsIndependentOfOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOf(rapid.Custom(func(t *rapid.T) order.Digest { return anyDigest(t, "term") })).Draw(t, "terms")
		var inSequence order.Digest
		for _, term := range terms {
			inSequence = inSequence.Add(term)
		}
		var workers [3]order.Digest
		for _, term := range rapid.Permutation(terms).Draw(t, "shuffled") {
			w := rapid.IntRange(0, len(workers)-1).Draw(t, "worker")
			workers[w] = workers[w].Add(term)
		}
		if got := workers[2].Add(workers[0]).Add(workers[1]); got != inSequence {
			t.Fatalf("shuffled over workers = %v, in sequence %v", got, inSequence)
		}
	})
}

func TestDigestString(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]order.Digest{
		"00000000000000000000000000000000": {},
		"00000000000000000000000000000001": {Lo: 1},
		"00000000000000010000000000000000": {Hi: 1},
		"0123456789abcdeffedcba9876543210": {Hi: 0x0123456789abcdef, Lo: 0xfedcba9876543210},
		"ffffffffffffffffffffffffffffffff": {Hi: 1<<64 - 1, Lo: 1<<64 - 1},
	} {
		if got := d.String(); got != want {
			t.Errorf("Digest{%#x, %#x}.String() = %s, want %s", d.Hi, d.Lo, got, want)
		}
	}
}

func TestDigestTextComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyDigest(t, "digest")
		encoded, err := json.Marshal(want)
		if err != nil || string(encoded) != `"`+want.String()+`"` {
			t.Fatalf("Marshal(%v) = %s, %v", want, encoded, err)
		}
		var got, upper order.Digest
		if err := json.Unmarshal(encoded, &got); err != nil || got != want {
			t.Fatalf("Unmarshal(%s) = %v, %v, want %v", encoded, got, err, want)
		}
		if err := upper.UnmarshalText([]byte(strings.ToUpper(want.String()))); err != nil || upper != want {
			t.Fatalf("UnmarshalText(upper case %v) = %v, %v, want it back", want, upper, err)
		}
	})
}

// notDigests are texts of which none is 32 hexadecimal digits.
func notDigests() []string {
	zeros := strings.Repeat("0", 32)
	return []string{"", "0", zeros[1:], zeros[2:], zeros + "0", zeros + "00", zeros + zeros, "g" + zeros[1:], zeros[1:] + "g", " " + zeros[1:], "0x" + zeros[2:], zeros[1:] + "-"}
}

func TestDigestRefusesOtherText(t *testing.T) {
	t.Parallel()
	for _, text := range notDigests() {
		want := order.Digest{Hi: 5, Lo: 6}
		got := want
		if err := got.UnmarshalText([]byte(text)); !errors.Is(err, order.ErrInvalid) || got != want {
			t.Errorf("UnmarshalText(%q) = %v and %v, want ErrInvalid and no change", text, err, got)
		}
	}
}

func FuzzDigestUnmarshalText(f *testing.F) {
	for _, text := range append(notDigests(), strings.Repeat("aF", 16)) {
		f.Add([]byte(text))
	}
	digits := regexp.MustCompile(`\A[0-9a-fA-F]{32}\z`)
	f.Fuzz(func(t *testing.T, text []byte) {
		var d order.Digest
		err := d.UnmarshalText(text)
		switch good := digits.Match(text); {
		case good && (err != nil || !strings.EqualFold(d.String(), string(text))):
			t.Errorf("UnmarshalText(%q) = %v, %v, want the same digits", text, d, err)
		case !good && (!errors.Is(err, order.ErrInvalid) || d != order.Digest{}):
			t.Errorf("UnmarshalText(%q) = %v, %v, want ErrInvalid", text, d, err)
		}
	})
}
