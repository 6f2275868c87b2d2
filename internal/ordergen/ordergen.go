// Package ordergen makes orders out of nothing but a seed. Order i is a pure function
// of the seed, the tier weights and i, so any stretch of a run can be made again at
// any time, by any process, and comes out the same to the byte.
package ordergen

import (
	"context"
	"io"
	"strconv"

	"github.com/filavip/filavip/internal/order"
)

// maxCents is the highest amount of a generated order; the lowest is one cent.
const maxCents = 1000_00

const label = "Cliente "

// Generator makes the orders of one seed. It holds no state but its reusable text
// buffer, so it is not safe for concurrent use; make one per goroutine.
type Generator struct {
	seed   uint64
	shares [order.TierCount]uint64 // running sums of the weights
	text   []byte
	ends   []int // of each name in text
}

// New returns the generator of that seed. The weights must be valid.
func New(seed uint64, weights order.Weights) *Generator {
	g := &Generator{seed: seed}
	var sum uint64
	for tier, w := range weights {
		sum += uint64(w)
		g.shares[tier] = sum
	}
	return g
}

// Fill makes the orders of run with the indexes first, first+1 and so on, one for each
// element of dst. All are Pending and were created when the run started. It allocates
// once per call, for the customers' names, whatever the number of orders.
func (g *Generator) Fill(dst []order.Order, run order.RunID, first uint64) {
	names := g.names(len(dst), first)
	created := run.Started()
	var start int
	for i := range dst {
		index, end := first+uint64(i), g.ends[i]
		a := mix(g.seed + (index+1)*0x9e3779b97f4a7c15)
		b := mix(a ^ 0xd1342543de82ef95)
		dst[i] = order.Order{
			Key:       run.Key(index),
			Customer:  names[start:end],
			Amount:    1 + order.Cents(scale(uint32(a), maxCents)),
			Tier:      g.tier(uint32(a >> 32)),
			Note:      order.StandardNote(int(scale(uint32(b), order.NoteCount))),
			CreatedAt: created,
		}
		start = end
	}
}

// names returns the labels of n customers, one after the other; g.ends says where each
// one stops.
func (g *Generator) names(n int, first uint64) string {
	g.text, g.ends = g.text[:0], g.ends[:0]
	for i := range uint64(n) {
		g.text = append(g.text, label...)
		g.text = strconv.AppendUint(g.text, first+i, 10)
		g.ends = append(g.ends, len(g.text))
	}
	return string(g.text)
}

func (g *Generator) tier(r uint32) order.Tier {
	pick := scale(r, g.shares[order.TierCount-1])
	for tier, share := range g.shares {
		if pick < share {
			return order.Tier(tier)
		}
	}
	return order.Diamond
}

// Digest returns the digest of a finished run of n orders: the sum over its orders
// after finish has made of each what processing will.
func (g *Generator) Digest(n uint64, finish func(*order.Order)) order.Digest {
	var sum order.Digest
	buf := make([]order.Order, 1000)
	for first := uint64(0); first < n; first += uint64(len(buf)) {
		part := buf[:min(uint64(len(buf)), n-first)]
		g.Fill(part, order.RunID{}, first)
		for i := range part {
			finish(&part[i])
			sum = sum.Add(part[i].Sum())
		}
	}
	return sum
}

// Source reads a generator as the source of a run's orders.
type Source struct {
	gen   *Generator
	run   order.RunID
	next  uint64
	total uint64
}

// NewSource returns a source of the run's orders from its cursor to its target. There
// are none if the cursor is not below the target.
func NewSource(run order.Run) *Source {
	return &Source{
		gen:   New(run.Spec.Seed, run.Spec.Weights),
		run:   run.ID,
		next:  run.Cursor.Next,
		total: max(run.Cursor.Next, uint64(max(0, run.Spec.Target))),
	}
}

// Next fills dst from its start and returns how many orders it made, with the cursor
// behind them. After the last order it returns [io.EOF].
func (s *Source) Next(_ context.Context, dst []order.Order) (int, order.Cursor, error) {
	if s.next == s.total {
		return 0, order.Cursor{Next: s.next, End: true}, io.EOF
	}
	n := min(uint64(len(dst)), s.total-s.next)
	s.gen.Fill(dst[:n], s.run, s.next)
	s.next += n
	return int(n), order.Cursor{Next: s.next, End: s.next == s.total}, nil
}

// Close does nothing: a generator holds nothing.
func (s *Source) Close() error { return nil }

// scale maps 32 random bits to 0 .. n-1 evenly, by Lemire's multiplication.
func scale(r uint32, n uint64) uint64 {
	return uint64(r) * n >> 32
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
