package pebblestore

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Flags of an order row; the two lowest bits are its tier.
const (
	flagRef     = 1 << 2
	flagCreated = 1 << 3 // created at another instant than its run
	flagNote    = 1 << 4 // the note is not a standard one
	tierMask    = 0b11
)

// appendOrder encodes what an order was when it was accepted. Its key is not part of
// the value.
//
//	flags1 amount:uvarint (note1 | len:uvarint note) [len1 ref] [created:varint] customer
func appendOrder(dst []byte, o *order.Order, started time.Time) []byte {
	at := len(dst)
	dst = append(dst, byte(o.Tier))
	dst = binary.AppendUvarint(dst, uint64(o.Amount))
	if i, ok := standardNote(o.Note); ok {
		dst = append(dst, byte(i))
	} else {
		dst[at] |= flagNote
		dst = binary.AppendUvarint(dst, uint64(len(o.Note)))
		dst = append(dst, o.Note...)
	}
	if o.Ref != "" {
		dst[at] |= flagRef
		dst = append(dst, byte(len(o.Ref)))
		dst = append(dst, o.Ref...)
	}
	if !o.CreatedAt.Equal(started) {
		dst[at] |= flagCreated
		dst = appendSince(dst, o.CreatedAt, started)
	}
	return append(dst, o.Customer...)
}

// standardNote finds a note among the standard ones, by its length first: they differ
// in it but for two pairs.
func standardNote(note string) (int, bool) {
	for i := range order.NoteCount {
		if s := order.StandardNote(i); len(s) == len(note) && s == note {
			return i, true
		}
	}
	return 0, false
}

// orderRow is a decoded order row whose texts still are bytes of the row.
type orderRow struct {
	tier     order.Tier
	amount   order.Cents
	standard int // index of the standard note, -1 if note holds another
	note     []byte
	ref      []byte
	created  int64 // ms after the run's start
	customer []byte
}

func decodeOrder(v []byte) (orderRow, error) {
	var row orderRow
	r := reader{b: v}
	flags := r.byte()
	row.tier = order.Tier(flags & tierMask)
	row.amount = order.Cents(r.uvarint())
	row.standard = -1
	if flags&flagNote == 0 {
		row.standard = int(r.byte())
	} else {
		row.note = r.bytes(r.uvarint())
	}
	if flags&flagRef != 0 {
		row.ref = r.bytes(uint64(r.byte()))
	}
	if flags&flagCreated != 0 {
		row.created = r.varint()
	}
	row.customer = r.rest()
	if r.bad || row.standard >= order.NoteCount {
		return row, fmt.Errorf("%w: order row of %d bytes", order.ErrCorrupt, len(v))
	}
	return row, nil
}

// order builds the order of the row; its texts are new strings.
func (row *orderRow) order(k order.Key) order.Order {
	o := order.Order{
		Key:       k,
		Ref:       string(row.ref),
		Customer:  string(row.customer),
		Amount:    row.amount,
		Tier:      row.tier,
		Note:      string(row.note),
		CreatedAt: sinceStart(row.created, k.Run().Started()),
	}
	if row.standard >= 0 {
		o.Note = order.StandardNote(row.standard)
	}
	return o
}

// flagHidden, in the status of an outcome, keeps the order out of job listings.
const flagHidden = 1 << 7

func isHidden(outcome []byte) bool { return len(outcome) > 0 && outcome[0]&flagHidden != 0 }

// outcomeRow is what became of an order.
//
//	(status | flagHidden)1 attempts:uvarint at:varint(ms after the run's start) reason
type outcomeRow struct {
	status   order.Status
	attempts int
	at       time.Time
	reason   string
}

func appendOutcome(dst []byte, s order.Status, attempts int, at, started time.Time, reason string) []byte {
	dst = append(dst, byte(s))
	dst = binary.AppendUvarint(dst, uint64(attempts))
	dst = appendSince(dst, at, started)
	return append(dst, reason...)
}

// appendSince writes an instant as milliseconds after the run's start. Their difference
// as a [time.Duration] would end 292 years away.
func appendSince(dst []byte, t, started time.Time) []byte {
	return binary.AppendVarint(dst, t.UnixMilli()-started.UnixMilli())
}

// sinceStart is the instant that appendSince wrote.
func sinceStart(ms int64, started time.Time) time.Time {
	return time.UnixMilli(started.UnixMilli() + ms).UTC()
}

func decodeOutcome(v []byte, started time.Time) (outcomeRow, error) {
	r := reader{b: v}
	row := outcomeRow{status: order.Status(r.byte() &^ flagHidden), attempts: int(r.uvarint())}
	row.at = sinceStart(r.varint(), started)
	row.reason = string(r.rest())
	if r.bad || row.status == order.Pending || row.status > order.Removed {
		return row, fmt.Errorf("%w: outcome row of %d bytes", order.ErrCorrupt, len(v))
	}
	return row, nil
}

// apply makes of a pending order what its outcome says.
func (row *outcomeRow) apply(o *order.Order) {
	o.Attempts = row.attempts
	switch row.status {
	case order.Processed:
		o.Process(row.at)
	case order.Dead:
		o.Kill(row.at, row.reason)
	default:
		o.Status, o.ProcessedAt = row.status, row.at
	}
}

// reader takes values off the front of a row; bad is set once the row is too short.
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

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	return take(r, v, n)
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	return take(r, v, n)
}

func take[T uint64 | int64](r *reader, v T, n int) T {
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) rest() []byte {
	v := r.b
	r.b = nil
	return v
}
