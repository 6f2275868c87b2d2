package pebblestore

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
)

// tally is what a batch changes in the counters of one lane of one run. Its stored
// form is a merge operand: the counts and digests add up, first is the least and last
// the greatest. What waits, is delayed or is claimed follows from the blocks and is not
// stored.
type tally struct {
	generated, processed, dead, removed int64
	first, last                         int64 // unix ms; 0 for none
	accepted, settled                   order.Digest
}

const tallyLen = 6*8 + 2*16

func (t *tally) append(dst []byte) []byte {
	for _, n := range [...]int64{t.generated, t.processed, t.dead, t.removed, t.first, t.last} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	for _, d := range [...]order.Digest{t.accepted, t.settled} {
		dst = binary.BigEndian.AppendUint64(dst, d.Hi)
		dst = binary.BigEndian.AppendUint64(dst, d.Lo)
	}
	return dst
}

func decodeTally(b []byte) (tally, error) {
	if len(b) != tallyLen {
		return tally{}, fmt.Errorf("%w: counters row of %d bytes", order.ErrCorrupt, len(b))
	}
	u := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
	n := func(i int) int64 { return int64(u(i)) }
	return tally{
		generated: n(0), processed: n(1), dead: n(2), removed: n(3), first: n(4), last: n(5),
		accepted: order.Digest{Hi: u(6), Lo: u(7)},
		settled:  order.Digest{Hi: u(8), Lo: u(9)},
	}, nil
}

func (t *tally) add(u tally) {
	t.generated += u.generated
	t.processed += u.processed
	t.dead += u.dead
	t.removed += u.removed
	if u.first != 0 && (t.first == 0 || u.first < t.first) {
		t.first = u.first
	}
	t.last = max(t.last, u.last)
	t.accepted = t.accepted.Add(u.accepted)
	t.settled = t.settled.Add(u.settled)
}

// window notes the first hand-out and the settle of a settlement; zero instants are
// passed over.
func (t *tally) window(started, at time.Time) {
	if !started.IsZero() {
		t.first = started.UnixMilli()
	}
	if !at.IsZero() {
		t.last = at.UnixMilli()
	}
}

// addTo applies the tally to counts in memory.
func (t *tally) addTo(c *order.LaneCounts) {
	c.Generated += t.generated
	c.Processed += t.processed
	c.Dead += t.dead
	c.Removed += t.removed
	c.Accepted = c.Accepted.Add(t.accepted)
	c.Settled = c.Settled.Add(t.settled)
	if t.first != 0 {
		if first := time.UnixMilli(t.first).UTC(); c.First.IsZero() || first.Before(c.First) {
			c.First = first
		}
	}
	if t.last != 0 {
		if last := time.UnixMilli(t.last).UTC(); last.After(c.Last) {
			c.Last = last
		}
	}
}

// tallyMerger folds tallies; it is commutative and associative, so operands may come
// in any order.
func tallyMerger() *pebble.Merger {
	return &pebble.Merger{
		Name: "filavip.tally.v1",
		Merge: func(_, value []byte) (pebble.ValueMerger, error) {
			t, err := decodeTally(value)
			if err != nil {
				return nil, err
			}
			return &tallyFold{sum: t}, nil
		},
	}
}

type tallyFold struct{ sum tally }

func (f *tallyFold) MergeNewer(value []byte) error { return f.MergeOlder(value) }

func (f *tallyFold) MergeOlder(value []byte) error {
	t, err := decodeTally(value)
	if err != nil {
		return err
	}
	f.sum.add(t)
	return nil
}

func (f *tallyFold) Finish(bool) ([]byte, io.Closer, error) {
	return f.sum.append(make([]byte, 0, tallyLen)), nil, nil
}

// saturate turns a limit where 0 means all into a number to count down from.
func saturate(limit int64) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return limit
}
