package order_test

import (
	"math/bits"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

var accepted = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// sample is a pending order with every field of its acceptance set.
func sample() order.Order {
	return order.Order{
		Key:       order.NewRunID(accepted.UnixMilli(), 7).Key(41),
		Ref:       "ORD-7",
		Customer:  "Cliente 41",
		Amount:    1234_50,
		Tier:      order.Diamond,
		Note:      "Compra em lote",
		CreatedAt: accepted,
	}
}

// changed returns the sample after change.
func changed(change func(*order.Order)) order.Order {
	o := sample()
	change(&o)
	return o
}

// The sums below are stored beside orders in every store there is. They must not change.
func TestSumIsWhatItAlwaysWas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		o    order.Order
		want string
	}{
		{"zero", order.Order{}, "c40a584c5c783350c778d46c0ec10482"},
		{"pending", sample(), "7d77c7a355e959dc7757aa9beba961d1"},
		{"processed", changed(func(o *order.Order) { o.Process(accepted) }), "497ee68b345d0bdbf238400b90702eba"},
		{"dead", changed(func(o *order.Order) { o.Kill(accepted, "boom") }), "16daadc2f5c52940542c3bae5e450cb8"},
		{"last of a run", changed(func(o *order.Order) { o.Key = o.Key.Run().Key(order.MaxIndex) }), "c4f2d75681dcfb0f7c1857cb7737d5a7"},
		{"largest amount", changed(func(o *order.Order) { o.Amount = order.MaxAmount }), "6b41c7574d9815d98101d5e08fa85747"},
		{"texts of whole words", changed(func(o *order.Order) { o.Customer, o.Note = "12345678", "0123456789abcdef" }), "47886c4e73f9443b911b866bcff75052"},
		{"long texts", changed(func(o *order.Order) {
			o.Customer = strings.Repeat("ç", order.MaxTextLen/2)
			o.Note = strings.Repeat("7", order.MaxTextLen-1)
		}), "3d16a8fdbe77d3388edbd7df2826f904"},
	}
	for _, test := range tests {
		if got := test.o.Sum().String(); got != test.want {
			t.Errorf("%s: Sum() = %s, want %s", test.name, got, test.want)
		}
	}
}

func TestSumIgnores(t *testing.T) {
	t.Parallel()
	unchanged := sample()
	for name, change := range map[string]func(*order.Order){
		"run":         func(o *order.Order) { o.Key = order.NewRunID(1, 2).Key(o.Key.Index()) },
		"no run":      func(o *order.Order) { o.Key = order.RunID{}.Key(o.Key.Index()) },
		"ref":         func(o *order.Order) { o.Ref = "" },
		"createdAt":   func(o *order.Order) { o.CreatedAt = time.Time{} },
		"processedAt": func(o *order.Order) { o.ProcessedAt = accepted },
		"attempts":    func(o *order.Order) { o.Attempts = 3 },
		"reason":      func(o *order.Order) { o.Reason = "boom" },
	} {
		o := changed(change)
		if got, want := o.Sum(), unchanged.Sum(); got != want {
			t.Errorf("other %s: Sum() = %v, want %v", name, got, want)
		}
	}
}

// fewSharedBits fails if two sums are closer than chance allows: of 128 bits, 64 differ
// on average, and fewer than 28 once in 10^10.
func fewSharedBits(t interface{ Fatalf(string, ...any) }, a, b order.Digest, format string, args ...any) {
	if differ := bits.OnesCount64(a.Hi^b.Hi) + bits.OnesCount64(a.Lo^b.Lo); differ < 28 {
		t.Fatalf(format+": sums %v and %v differ in %d bits only", append(args, a, b, differ)...)
	}
}

func TestSumShowsEveryChange(t *testing.T) {
	t.Parallel()
	before := sample()
	was := before.Sum()
	differs := func(what string, o order.Order) {
		fewSharedBits(t, was, o.Sum(), "%s", what)
	}
	for bit := range 40 {
		differs("index", changed(func(o *order.Order) { o.Key = o.Key.Run().Key(o.Key.Index() ^ 1<<bit) }))
		differs("amount", changed(func(o *order.Order) { o.Amount ^= 1 << bit }))
	}
	for tier := range order.Diamond {
		differs(tier.String(), changed(func(o *order.Order) { o.Tier = tier }))
	}
	for status := order.Processed; status <= order.Removed; status++ {
		differs(status.String(), changed(func(o *order.Order) { o.Status = status }))
	}
	for _, text := range []string{"", "x", "\x00", "cliente 41", "Cliente 41\x00", "Cliente 4", "Cliente 14", "Compra em lote"} {
		differs("customer "+text, changed(func(o *order.Order) { o.Customer = text }))
	}
	for _, text := range []string{"", "x", "Compra em lot", "Compra em lote ", order.NoteVIP, order.NoteNormal, "Cliente 41"} {
		differs("note "+text, changed(func(o *order.Order) { o.Note = text }))
	}
	differs("texts swapped", changed(func(o *order.Order) { o.Customer, o.Note = o.Note, o.Customer }))
	differs("a letter moved over", changed(func(o *order.Order) { o.Customer, o.Note = o.Customer+"C", o.Note[1:] }))
}

// anyOrder draws an order within the limits of what a customer may send.
func anyOrder(t *rapid.T, label string) order.Order {
	text := rapid.OneOf(rapid.StringN(0, 40, -1), rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 17, -1))
	return order.Order{
		Key:      order.RunID{}.Key(anyIndex(t, label+" index")),
		Customer: text.Draw(t, label+" customer"),
		Amount:   order.Cents(rapid.Int64Range(0, int64(order.MaxAmount)).Draw(t, label+" amount")),
		Tier:     order.Tier(rapid.IntRange(0, order.TierCount-1).Draw(t, label+" tier")),
		Note:     text.Draw(t, label+" note"),
		Status:   order.Status(rapid.IntRange(0, 3).Draw(t, label+" status")),
	}
}

func TestDifferentOrdersHaveDifferentSums(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyOrder(t, "a"), anyOrder(t, "b")
		if a == b {
			return
		}
		fewSharedBits(t, a.Sum(), b.Sum(), "%+v and %+v", a, b)
	})
}

// Two orders that swap what they hold, be it all or one field, leave each value where it
// was in number. The sum of the two must tell.
func TestDigestShowsSwaps(t *testing.T) {
	t.Parallel()
	swaps := map[string]func(a, b *order.Order){
		"index":    func(a, b *order.Order) { a.Key, b.Key = b.Key, a.Key },
		"customer": func(a, b *order.Order) { a.Customer, b.Customer = b.Customer, a.Customer },
		"amount":   func(a, b *order.Order) { a.Amount, b.Amount = b.Amount, a.Amount },
		"tier":     func(a, b *order.Order) { a.Tier, b.Tier = b.Tier, a.Tier },
		"note":     func(a, b *order.Order) { a.Note, b.Note = b.Note, a.Note },
		"status":   func(a, b *order.Order) { a.Status, b.Status = b.Status, a.Status },
	}
	for name, swap := range swaps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				a, b := anyOrder(t, "a"), anyOrder(t, "b")
				c, d := a, b
				swap(&c, &d)
				before, after := a.Sum().Add(b.Sum()), c.Sum().Add(d.Sum())
				if (c == a && d == b) || (c == b && d == a) {
					if before != after {
						t.Fatalf("the same two orders sum to %v and %v", before, after)
					}
					return
				}
				fewSharedBits(t, before, after, "%+v and %+v", a, b)
			})
		})
	}
}

// Orders that differ as little as they can have different sums, in either half of them.
func TestSumsDoNotCollide(t *testing.T) {
	t.Parallel()
	const n = 100_000
	seen := make(map[order.Digest]uint64, n)
	halves := make(map[uint64]uint64, n)
	for i := range uint64(n) {
		o := order.Order{Key: order.RunID{}.Key(i / 4), Customer: "Cliente", Amount: order.Cents(i % 4), Note: order.NoteVIP}
		sum := o.Sum()
		if other, taken := seen[sum]; taken {
			t.Fatalf("orders %d and %d have the sum %v", other, i, sum)
		}
		seen[sum] = i
		for lane, half := range []uint64{sum.Hi, sum.Lo} {
			if other, taken := halves[half]; taken {
				t.Fatalf("orders %d and %d share half %d of their sums, %016x", other, i, lane, half)
			}
			halves[half] = i
		}
	}
}
