package pebblestore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// blockRow is the stored form of a block: some pending orders of one lane of one run
// that have used up the same number of attempts.
//
//	run16 attempts:uvarint strikes:uvarint failed:varint(unix ms, 0 if never)
//	since:varint(unix ms) len:uvarint reason count:uvarint first:uvarint (step:uvarint)*
//
// A step is the distance to the next index, which is at least 1.
type blockRow struct {
	run      order.RunID
	attempts int
	strikes  int       // crashes of the process while the block was in hand
	failed   time.Time // first failure of these orders; zero if none
	since    time.Time // when they were delayed; zero if they are not
	reason   string    // of the last failure
	indexes  []uint64  // ascending
}

func (b *blockRow) append(dst []byte) []byte {
	dst = append(dst, b.run[:]...)
	dst = binary.AppendUvarint(dst, uint64(b.attempts))
	dst = binary.AppendUvarint(dst, uint64(b.strikes))
	dst = appendInstant(dst, b.failed)
	dst = appendInstant(dst, b.since)
	dst = binary.AppendUvarint(dst, uint64(len(b.reason)))
	dst = append(dst, b.reason...)
	dst = binary.AppendUvarint(dst, uint64(len(b.indexes)))
	var last uint64
	for _, i := range b.indexes {
		dst = binary.AppendUvarint(dst, i-last)
		last = i
	}
	return dst
}

// decodeBlock reads a block; without indexes it leaves them out and returns only how
// many there are.
func decodeBlock(v []byte, indexes bool) (blockRow, int, error) {
	var b blockRow
	r := reader{b: v}
	copy(b.run[:], r.bytes(16))
	b.attempts = int(r.uvarint())
	b.strikes = int(r.uvarint())
	b.failed = r.instant()
	b.since = r.instant()
	b.reason = string(r.bytes(r.uvarint()))
	count := r.uvarint()
	if r.bad || count > uint64(len(r.b)) {
		return b, 0, fmt.Errorf("%w: block row of %d bytes", order.ErrCorrupt, len(v))
	}
	if !indexes {
		return b, int(count), nil
	}
	b.indexes = make([]uint64, count)
	var last uint64
	for i := range b.indexes {
		last += r.uvarint()
		b.indexes[i] = last
	}
	if r.bad || len(r.b) != 0 {
		return b, 0, fmt.Errorf("%w: block row of %d bytes", order.ErrCorrupt, len(v))
	}
	return b, int(count), nil
}

// appendInstant writes an instant as Unix milliseconds, the zero one as 0.
func appendInstant(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(dst, 0)
	}
	return binary.AppendVarint(dst, t.UnixMilli())
}

func (r *reader) instant() time.Time {
	if ms := r.varint(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}
