package ordergen

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

// The tests of this file judge randomness. Their seeds are fixed, so they pass always or
// never.

// seeds are those a careless generator might treat alike: small ones in a row, single
// bits, the ends of the range, and the step between two orders.
func seeds() []uint64 {
	all := []uint64{42, math.MaxUint64, math.MaxUint64 - 1, 1 << 63, 0x9e3779b97f4a7c15, 0xd1342543de82ef95}
	for i := range uint64(16) {
		all = append(all, i, 1<<(4*i))
	}
	return all
}

func made(seed uint64, weights order.Weights, n int) []order.Order {
	orders := make([]order.Order, n)
	New(seed, weights).Fill(orders, order.RunID{}, 0)
	return orders
}

// strangeness says how many standard deviations a chi-square of that many degrees of
// freedom is above (too uneven) or below (too even) what chance gives, by Wilson and
// Hilferty's approximation.
func strangeness(chiSquare float64, degrees int) float64 {
	v := 2 / (9 * float64(degrees))
	return (math.Cbrt(chiSquare/float64(degrees)) - (1 - v)) / math.Sqrt(v)
}

// tooStrange is what one of a billion fair draws exceeds.
const tooStrange = 6

func chiSquare(observed []int, share []float64) float64 {
	n, sum := 0, 0.0
	for _, o := range observed {
		n += o
	}
	for i, o := range observed {
		expected := share[i] * float64(n)
		sum += (float64(o) - expected) * (float64(o) - expected) / expected
	}
	return sum
}

// evenly returns n equal shares.
func evenly(n int) []float64 {
	shares := make([]float64, n)
	for i := range shares {
		shares[i] = 1 / float64(n)
	}
	return shares
}

// shares returns the tiers that have a weight, and each one's share.
func shares(w order.Weights) (tiers []order.Tier, share []float64) {
	var sum float64
	for _, n := range w {
		sum += float64(n)
	}
	for tier, n := range w {
		if n > 0 {
			tiers = append(tiers, order.Tier(tier))
			share = append(share, float64(n)/sum)
		}
	}
	return tiers, share
}

func TestTiersFollowTheirWeights(t *testing.T) {
	t.Parallel()
	const n = 5000
	for _, weights := range []order.Weights{
		{25, 25, 25, 25}, {1, 1, 1, 1}, {50, 30, 15, 5}, {0, 1, 0, 1}, {7, 0, 0, 93}, {1_000_000, 1_000_000, 999_999, 1_000_000}, {3, 5, 7, 0},
	} {
		t.Run(fmt.Sprint(weights), func(t *testing.T) {
			t.Parallel()
			tiers, share := shares(weights)
			total := 0.0
			for _, seed := range seeds() {
				var count [order.TierCount]int
				for _, o := range made(seed, weights, n) {
					count[o.Tier]++
				}
				var observed []int
				for _, tier := range tiers {
					observed = append(observed, count[tier])
				}
				chi := chiSquare(observed, share)
				if s := strangeness(chi, len(tiers)-1); s > tooStrange {
					t.Errorf("seed %d: tiers %v, chi-square %.1f: %.1f deviations too uneven", seed, count, chi, s)
				}
				total += chi
			}
			if s := strangeness(total, (len(tiers)-1)*len(seeds())); math.Abs(s) > tooStrange {
				t.Errorf("over %d seeds: chi-square %.1f is %.1f deviations off", len(seeds()), total, s)
			}
		})
	}
}

func TestTierWithoutWeightIsNeverDrawn(t *testing.T) {
	t.Parallel()
	for mask := 1; mask < 1<<order.TierCount; mask++ {
		var weights order.Weights
		for tier := range weights {
			if mask&(1<<tier) != 0 {
				weights[tier] = [...]uint32{1, 1_000_000, 3, 999_983}[tier]
			}
		}
		g := New(uint64(mask), weights)
		draws := []uint32{0, 1, math.MaxUint32, math.MaxUint32 - 1, 1 << 31, 1<<31 - 1}
		for _, o := range made(uint64(mask), weights, 1000) {
			draws = append(draws, uint32(o.Amount)*40_000)
		}
		// The places where one tier ends and the next begins.
		for _, share := range g.shares {
			edge := uint32(share << 32 / g.shares[order.TierCount-1])
			draws = append(draws, edge-1, edge, edge+1)
		}
		for _, r := range draws {
			if tier := g.tier(r); weights[tier] == 0 {
				t.Fatalf("weights %v: %#x draws %v", weights, r, tier)
			}
		}
	}
}

// What an order is in one respect says nothing about it in another, nor about the next
// order, nor about the order at its place under the next seed.
func TestDrawsAreIndependent(t *testing.T) {
	t.Parallel()
	const n = 10_000
	weights := order.Weights{1, 1, 1, 1}
	tier := func(o *order.Order) int { return int(o.Tier) }
	amount := func(o *order.Order) int { return int(o.Amount-1) / (maxCents / 10) }
	cent := func(o *order.Order) int { return int(o.Amount) % 10 }
	notes := map[string]int{}
	for i := range order.NoteCount {
		notes[order.StandardNote(i)] = i
	}
	note := func(o *order.Order) int { return notes[o.Note] }
	tests := []struct {
		name       string
		a, b       func(*order.Order) int
		na, nb     int
		apart      int    // how many orders a and b are apart
		seedsApart uint64 // and how many seeds
	}{
		{"tier and amount", tier, amount, 4, 10, 0, 0},
		{"tier and last cent", tier, cent, 4, 10, 0, 0},
		{"tier and note", tier, note, 4, 10, 0, 0},
		{"amount and note", amount, note, 10, 10, 0, 0},
		{"tier and the next tier", tier, tier, 4, 4, 1, 0},
		{"tier and the tier after", tier, tier, 4, 4, 2, 0},
		{"amount and the next amount", amount, amount, 10, 10, 1, 0},
		{"note and the next note", note, note, 10, 10, 1, 0},
		{"tier and that of the next seed", tier, tier, 4, 4, 0, 1},
		{"note and that of the next seed", note, note, 10, 10, 0, 1},
		{"tier and that of a seed one bit away", tier, tier, 4, 4, 0, 1 << 40},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, seed := range seeds()[:12] {
				first, second := made(seed, weights, n), made(seed+test.seedsApart, weights, n+test.apart)
				observed := make([]int, test.na*test.nb)
				for i := range first {
					observed[test.a(&first[i])*test.nb+test.b(&second[i+test.apart])]++
				}
				chi := chiSquare(observed, evenly(len(observed)))
				if s := strangeness(chi, len(observed)-1); math.Abs(s) > tooStrange {
					t.Errorf("seed %d: chi-square %.1f is %.1f deviations off", seed, chi, s)
				}
			}
		})
	}
}

func TestAllTenNotes(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds() {
		count := map[string]int{}
		for _, o := range made(seed, order.Weights{1, 1, 1, 1}, 5000) {
			count[o.Note]++
		}
		var observed []int
		for i := range order.NoteCount {
			observed = append(observed, count[order.StandardNote(i)])
			delete(count, order.StandardNote(i))
		}
		if len(count) != 0 {
			t.Errorf("seed %d: notes that are none of the ten: %v", seed, count)
		}
		if s := strangeness(chiSquare(observed, evenly(order.NoteCount)), order.NoteCount-1); math.Abs(s) > tooStrange {
			t.Errorf("seed %d: notes %v are %.1f deviations off", seed, observed, s)
		}
	}
}

// Amounts go from one cent to a thousand, both included, and no stretch is favoured.
func TestAmounts(t *testing.T) {
	t.Parallel()
	var buckets [100]int
	lowest, highest := order.Cents(math.MaxInt64), order.Cents(0)
	g, orders := New(42, order.Weights{1, 1, 1, 1}), make([]order.Order, 1000)
	for first := uint64(0); first < 1_000_000; first += 1000 {
		g.Fill(orders, order.RunID{}, first)
		for i := range orders {
			lowest, highest = min(lowest, orders[i].Amount), max(highest, orders[i].Amount)
			buckets[(orders[i].Amount-1)/1000]++
		}
	}
	if lowest != 1 || highest != 1000_00 {
		t.Errorf("a million amounts from %v to %v, want 0.01 to 1000.00", lowest, highest)
	}
	if s := strangeness(chiSquare(buckets[:], evenly(len(buckets))), len(buckets)-1); math.Abs(s) > tooStrange {
		t.Errorf("amounts by tens %v are %.1f deviations off", buckets, s)
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 4_000_000).Draw(t, "n")
		a, b := rapid.Uint32().Draw(t, "a"), rapid.Uint32().Draw(t, "b")
		if scale(0, n) != 0 || scale(math.MaxUint32, n) != n-1 {
			t.Fatalf("scale to %d goes from %d to %d, want 0 to %d", n, scale(0, n), scale(math.MaxUint32, n), n-1)
		}
		if scale(a, n) >= n || a <= b && scale(a, n) > scale(b, n) {
			t.Fatalf("scale(%d), scale(%d) to %d = %d, %d", a, b, n, scale(a, n), scale(b, n))
		}
	})
}

// A change of any one bit changes each of the others as often as not, and no two inputs
// have one output.
func TestMixSpreadsEveryBit(t *testing.T) {
	t.Parallel()
	const n = 2000
	for in := range 64 {
		var flips [64]int
		for i := range uint64(n) {
			z := mix(i * 0x9e3779b97f4a7c15)
			for d := mix(i*0x9e3779b97f4a7c15^1<<in) ^ z; d != 0; d &= d - 1 {
				flips[bits.TrailingZeros64(d)]++
			}
		}
		for out, flipped := range flips {
			if off := math.Abs(float64(flipped)-n/2) / (math.Sqrt(n) / 2); off > tooStrange {
				t.Errorf("bit %d changes bit %d in %d of %d, %.1f deviations off", in, out, flipped, n, off)
			}
		}
	}
}

func TestMixHasAnInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Uint64().Draw(t, "z")
		if got := unmix(mix(want)); got != want {
			t.Fatalf("unmix(mix(%#x)) = %#x", want, got)
		}
	})
}

// unmix undoes mix step by step: the inverse of a multiplication modulo 2^64 is another
// one, that of a shift and exclusive or is its repetition.
func unmix(z uint64) uint64 {
	z ^= z>>31 ^ z>>62
	z *= 0x319642b2d24d8ec3
	z ^= z>>27 ^ z>>54
	z *= 0x96de1b173f119089
	return z ^ z>>30 ^ z>>60
}
