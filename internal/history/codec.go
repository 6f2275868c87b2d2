package history

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// A block of samples is
//
//	version1 n:uvarint n*point
//
// and a point, with instants and lengths in microseconds,
//
//	at:varint(since the point before, the first since 1970) over:uvarint phase1
//	2*(generated processed dead retried depth):uvarint busy:uvarint memory:uvarint
//	settle work
//
// where a distribution is the number of its buckets that are not empty, and for each of
// them, in their order, its place and its count. Which run it is the block's name says. Checksums are the
// store's affair.
const version = 1

const (
	maxPoints = 10_000  // in a block
	maxNumber = 1 << 53 // that a count can be; what is beyond was never written
	buckets   = 17      // of version 1: those over the DefaultBounds of metrics
)

func encode(points []point) []byte {
	b := []byte{version}
	b = binary.AppendUvarint(b, uint64(len(points)))
	var last int64
	for i := range points {
		p := &points[i]
		at := p.At.UnixMicro()
		b = binary.AppendVarint(b, at-last)
		last = at
		b = binary.AppendUvarint(b, uint64(max(0, p.Over.Microseconds())))
		b = append(b, byte(p.Phase))
		for _, n := range p.numbers() {
			b = binary.AppendUvarint(b, uint64(max(0, *n)))
		}
		b = binary.AppendUvarint(b, uint64(max(0, p.Busy)))
		b = binary.AppendUvarint(b, p.Memory)
		b = appendDistribution(b, p.settle)
		b = appendDistribution(b, p.work)
	}
	return b
}

// numbers are a point's counts, in the order of the code.
func (p *point) numbers() []*int64 {
	var all []*int64
	for lane := range p.Depth {
		all = append(all, &p.Generated[lane], &p.Processed[lane], &p.Dead[lane], &p.Retried[lane], &p.Depth[lane])
	}
	return all
}

func appendDistribution(b []byte, d metrics.Distribution) []byte {
	at := len(b)
	b = append(b, 0)
	for i, n := range d.Counts[:min(len(d.Counts), buckets)] {
		if n > 0 {
			b[at]++
			b = append(b, byte(i))
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

// decode reads a block of that run's samples; [order.ErrCorrupt] if it is none.
func decode(run order.RunID, block []byte) ([]point, error) {
	r := reader{b: block}
	if v := r.byte(); v != version {
		return nil, fmt.Errorf("%w: samples of version %d; known: %d", order.ErrCorrupt, v, version)
	}
	n := r.number(maxPoints)
	points := make([]point, 0, min(n, uint64(len(block))))
	var last int64
	for range n {
		var p point
		last += r.varint()
		p.At, p.Run = time.UnixMicro(last).UTC(), run
		p.Over = time.Duration(r.number(math.MaxInt64/1000)) * time.Microsecond
		p.Phase = order.Phase(r.byte())
		for _, at := range p.numbers() {
			*at = int64(r.number(maxNumber))
		}
		p.Busy = int(r.number(math.MaxInt32))
		p.Memory = r.number(math.MaxUint64)
		p.settle, p.work = r.distribution(), r.distribution()
		if r.bad || p.Phase >= order.PhaseCount {
			break
		}
		points = append(points, p)
	}
	if r.bad || len(r.b) > 0 || uint64(len(points)) != n {
		return nil, fmt.Errorf("%w: block of samples of %d bytes", order.ErrCorrupt, len(block))
	}
	return points, nil
}

// reader takes values off the front of a block; bad is set once one is not there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

// number takes a number that is at most limit.
func (r *reader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) distribution() metrics.Distribution {
	n := r.byte()
	if n == 0 || n > buckets {
		r.bad = r.bad || n > 0
		return metrics.Distribution{}
	}
	d := metrics.Distribution{Bounds: metrics.DefaultBounds(), Counts: make([]uint64, buckets)}
	next := byte(0)
	for range n {
		i := r.byte()
		if i < next || i >= buckets {
			r.bad = true
			break
		}
		d.Counts[i], next = r.number(maxNumber), i+1
		r.bad = r.bad || d.Counts[i] == 0
	}
	return d
}
