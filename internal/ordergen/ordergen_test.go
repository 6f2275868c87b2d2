package ordergen_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
)

// even is the weights by which each tier comes as often as the others.
func even() order.Weights { return order.Weights{25, 25, 25, 25} }

// aRun is the run that the orders of these tests belong to.
func aRun() order.RunID { return order.NewRunID(1_795_420_800_000, 7) }

// fill makes n orders in one call of a new generator.
func fill(seed uint64, weights order.Weights, first uint64, n int) []order.Order {
	orders := make([]order.Order, n)
	ordergen.New(seed, weights).Fill(orders, aRun(), first)
	return orders
}

// anyWeights draws weights that give at least one order a tier.
func anyWeights(t *rapid.T) order.Weights {
	var w order.Weights
	for tier := range w {
		w[tier] = rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32Max(1_000_000)).Draw(t, order.Tier(tier).String())
	}
	if w.Validate() != nil {
		w[rapid.IntRange(0, order.TierCount-1).Draw(t, "tier")] = 1
	}
	return w
}

// Whoever made an order of seed 42 must be able to make it again, in any later version:
// half a run may be stored when a new version takes over.
func TestOrdersAreWhatTheyAlwaysWere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		index  uint64
		amount order.Cents
		tier   order.Tier
		note   string
	}{
		{0, 187_19, order.Gold, "Primeira compra"},
		{1, 696_89, order.Bronze, "Promoção especial"},
		{2, 74_46, order.Silver, "Pedido padrão"},
		{3, 55_84, order.Silver, "Desconto de fidelidade"},
		{4, 141_73, order.Bronze, "Cliente frequente"},
		{999_999, 371_29, order.Diamond, "Promoção especial"},
		{1 << 32, 450_38, order.Gold, "Frete grátis"},
		{order.MaxIndex, 598_95, order.Diamond, "Promoção especial"},
	}
	for _, test := range tests {
		want := order.Order{
			Key:       aRun().Key(test.index),
			Customer:  fmt.Sprintf("Cliente %d", test.index),
			Amount:    test.amount,
			Tier:      test.tier,
			Note:      test.note,
			CreatedAt: aRun().Started(),
		}
		if diff := cmp.Diff(want, fill(42, even(), test.index, 1)[0]); diff != "" {
			t.Errorf("order %d of seed 42 (-want +got):\n%s", test.index, diff)
		}
	}
}

func TestDigestIsWhatItAlwaysWas(t *testing.T) {
	t.Parallel()
	process := func(o *order.Order) { o.Process(aRun().Started()) }
	tests := []struct {
		seed    uint64
		weights order.Weights
		n       uint64
		finish  func(*order.Order)
		want    string
	}{
		{42, even(), 0, process, "00000000000000000000000000000000"},
		{42, even(), 1, process, "ac0a723ddd9c63871463a5fde64e1529"},
		{42, even(), 1000, process, "12258fa3e7178ced4d94f7f91ed3716e"},
		{42, even(), 1000, func(*order.Order) {}, "888572c48d909953061b458541929d37"},
		{42, order.Weights{50, 30, 15, 5}, 1000, process, "dc24ad15d09816e3c1b9ed521fffe41c"},
		{0, even(), 1000, process, "ef22e793f33c3fdc1ef16b585f95d8c0"},
		{math.MaxUint64, even(), 1000, process, "0a2c40e305a28a35fe8cc335af0a7353"},
		{42, even(), 100_000, process, "69a4410b5d8273644951bcf0dcbb7738"},
	}
	for _, test := range tests {
		got := ordergen.New(test.seed, test.weights).Digest(test.n, test.finish).String()
		if got != test.want {
			t.Errorf("Digest of %d orders of seed %d, weights %v = %s, want %s", test.n, test.seed, test.weights, got, test.want)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		first := rapid.Uint64Max(order.MaxIndex-300).Draw(t, "first")
		run := order.NewRunID(rapid.Int64Range(0, 1<<48-1).Draw(t, "millis"), 0)
		dst := dirty(n + 1)
		ordergen.New(rapid.Uint64().Draw(t, "seed"), anyWeights(t)).Fill(dst[:n], run, first)
		for i, got := range dst[:n] {
			index := first + uint64(i)
			want := order.Order{
				Key:       run.Key(index),
				Customer:  fmt.Sprintf("Cliente %d", index),
				CreatedAt: run.Started(),
				// Random, and examined elsewhere.
				Amount: got.Amount, Tier: got.Tier, Note: got.Note,
			}
			if got != want {
				t.Fatalf("order %d = %+v, want %+v", index, got, want)
			}
			if err := got.Validate(); err != nil || got.Amount < 1 || got.Amount > 1000_00 {
				t.Fatalf("order %d = %+v: %v, want one for 0.01 to 1000.00", index, got, err)
			}
		}
		if dst[n] != dirty(1)[0] {
			t.Fatalf("Fill of %d orders wrote one more: %+v", n, dst[n])
		}
	})
}

// dirty returns n orders as another use of their memory may have left them.
func dirty(n int) []order.Order {
	orders := make([]order.Order, n)
	for i := range orders {
		orders[i] = order.Order{Ref: "r", Customer: "c", Amount: -1, Tier: 9, Note: "n", Attempts: 3}
		orders[i].Kill(aRun().Started(), "boom")
	}
	return orders
}

// However a stretch is cut into calls, on one generator or several, the orders are the same.
func TestFillOfAnySplitEqualsFillWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed, weights := rapid.Uint64().Draw(t, "seed"), anyWeights(t)
		first := rapid.OneOf(rapid.Uint64Max(100), rapid.Uint64Max(order.MaxIndex-1000)).Draw(t, "first")
		want := fill(seed, weights, first, rapid.IntRange(0, 1000).Draw(t, "n"))
		got := dirty(len(want))
		generators := []*ordergen.Generator{ordergen.New(seed, weights), ordergen.New(seed, weights)}
		for at := 0; at < len(got); {
			n := rapid.IntRange(0, len(got)-at).Draw(t, "part")
			rapid.SampledFrom(generators).Draw(t, "generator").Fill(got[at:at+n], aRun(), first+uint64(at))
			at += n
		}
		if !slices.Equal(got, want) {
			t.Fatalf("in parts (-whole +parts):\n%s", cmp.Diff(want, got))
		}
	})
}

// The orders that a call made stay as they are when the generator makes others.
func TestOrdersOutliveTheNextFill(t *testing.T) {
	t.Parallel()
	g := ordergen.New(42, even())
	got := make([]order.Order, 100)
	g.Fill(got, aRun(), 0)
	g.Fill(make([]order.Order, 100), aRun(), 5_000_000)
	if diff := cmp.Diff(fill(42, even(), 0, 100), got); diff != "" {
		t.Errorf("after another Fill (-want +got):\n%s", diff)
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[order.Digest]uint64{}
	for bit := range 64 {
		for _, seed := range []uint64{1 << bit, 1<<bit - 1} {
			sum := ordergen.New(seed, even()).Digest(10, func(*order.Order) {})
			if other, taken := seen[sum]; taken && other != seed {
				t.Errorf("seeds %d and %d make the same orders", seed, other)
			}
			seen[sum] = seed
		}
	}
}

func TestDigestIsTheSumOverTheFinishedOrders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed, weights := rapid.Uint64().Draw(t, "seed"), anyWeights(t)
		n := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(998, 1002), rapid.IntRange(0, 3500)).Draw(t, "n")
		finish := func(o *order.Order) {
			if o.Key.Index()%7 == 3 {
				o.Kill(aRun().Started(), "boom")
				return
			}
			o.Process(aRun().Started())
		}
		var want order.Digest
		for _, o := range fill(seed, weights, 0, n) {
			finish(&o)
			want = want.Add(o.Sum())
		}
		g := ordergen.New(seed, weights)
		for range 2 {
			if got := g.Digest(uint64(n), finish); got != want {
				t.Fatalf("Digest(%d) = %v, want %v", n, got, want)
			}
		}
	})
}

// Not parallel: allocations of other tests would count.
func TestFillAllocatesOnce(t *testing.T) {
	for _, n := range []int{1, 2, 10, 1000, 10_000, 50_000} {
		g, orders := ordergen.New(42, even()), make([]order.Order, n)
		if got := testing.AllocsPerRun(5, func() { g.Fill(orders, aRun(), 999_000) }); got != 1 {
			t.Errorf("Fill of %d orders allocates %v times, want once", n, got)
		}
	}
	g := ordergen.New(42, even())
	if got := testing.AllocsPerRun(5, func() { g.Fill(nil, aRun(), 7) }); got != 0 {
		t.Errorf("Fill of no orders allocates %v times, want never", got)
	}
}

func BenchmarkFill(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g, orders := ordergen.New(42, even()), make([]order.Order, n)
			b.ReportAllocs()
			var first uint64
			for b.Loop() {
				g.Fill(orders, aRun(), first)
				first += uint64(n)
			}
			b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
