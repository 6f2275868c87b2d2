package mongoredis

import (
	"fmt"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/filavip/filavip/internal/order"
)

// decodeOrder reads a document, or as much of one as a projection left. Its texts share
// memory with nothing. Every order that is loaded passes here, so it walks the fields once
// and allocates hardly more than the texts that differ from order to order.
func decodeOrder(raw bson.Raw) (orderDoc, error) {
	var d orderDoc
	length, rest, ok := bsoncore.ReadLength(raw)
	if !ok || int64(length) != int64(len(raw)) || len(rest) == 0 {
		return d, fmt.Errorf("%w: order: document of %d bytes", order.ErrCorrupt, len(raw))
	}
	var id []byte
	for rest[0] != 0 {
		var name []byte
		var v bsoncore.Value
		if name, v, rest, ok = nextField(rest); !ok {
			return d, fmt.Errorf("%w: order: document is cut off", order.ErrCorrupt)
		}
		if string(name) == fieldID {
			id, ok = textOf(v)
		} else {
			ok = d.field(name, v)
		}
		if !ok {
			return d, fmt.Errorf("%w: order: field %s is %v", order.ErrCorrupt, name, v)
		}
	}
	if len(rest) > 1 {
		return d, fmt.Errorf("%w: order: %d bytes behind the last field", order.ErrCorrupt, len(rest)-1)
	}
	if d.Ref = d.former; id != nil && !spells(id, d.Key) {
		d.Ref = string(id)
	}
	return d, nil
}

// nextField takes the first field off what is left of a document, which is never
// nothing: a document ends in a zero.
func nextField(rest []byte) (name []byte, v bsoncore.Value, more []byte, ok bool) {
	kind := bsoncore.Type(rest[0])
	if name, more, ok = bsoncore.ReadKeyBytes(rest[1:]); ok {
		v, more, ok = bsoncore.ReadValue(more, kind)
	}
	return name, v, more, ok && len(more) > 0
}

// field takes one field in; those it does not know it passes over. It returns false if
// the field is not of its type, or not among the values there are.
func (d *orderDoc) field(name []byte, v bsoncore.Value) (ok bool) {
	switch string(name) {
	case fieldKey:
		var data []byte
		_, data, ok = v.BinaryOK()
		return ok && len(data) == copy(d.Key[:], data) && len(data) == len(d.Key)
	case fieldCustomer:
		d.Customer, ok = v.StringValueOK()
	case fieldAmount:
		var f float64
		f, ok = v.DoubleOK()
		d.Amount = order.Cents(math.Round(f * 100))
	case fieldTier:
		d.Tier, ok = tierOf(v)
	case fieldNote:
		d.Note, ok = noteOf(v)
	case fieldStatus:
		d.Status, ok = statusOf(v)
	case fieldCreatedAt:
		d.CreatedAt, ok = dateOf(v)
	case fieldBlock:
		var n int64
		n, ok = v.AsInt64OK()
		d.block = uint64(n)
	case fieldAttempts:
		d.Attempts, ok = intOf(v)
	case fieldRev:
		d.rev, ok = v.AsInt64OK()
	default:
		return d.outcome(string(name), v)
	}
	return ok
}

// outcome takes in a field that only some orders have.
func (d *orderDoc) outcome(name string, v bsoncore.Value) (ok bool) {
	switch name {
	case fieldProcessedAt:
		d.ProcessedAt, ok = dateOf(v)
	case fieldReason:
		d.Reason, ok = v.StringValueOK()
	case fieldAcceptedAs:
		d.original, ok = noteOf(v)
	case fieldFormerID:
		d.former, ok = v.StringValueOK()
	case fieldHidden:
		d.hidden, ok = v.BooleanOK()
	case fieldFailedFirst:
		d.failedAt, ok = dateOf(v)
	case fieldFailedLast:
		d.failedBy, ok = dateOf(v)
	case fieldRedriven:
		d.redriven, ok = intOf(v)
	case fieldLetter:
		var l letterDoc
		ok = bson.RawValue{Type: bson.Type(v.Type), Value: v.Data}.Unmarshal(&l) == nil
		d.letter = l.letter()
	default:
		return true
	}
	return ok
}

// textOf returns the bytes of a string, which belong to the document.
func textOf(v bsoncore.Value) ([]byte, bool) {
	if v.Type != bsoncore.TypeString || len(v.Data) < 5 {
		return nil, false
	}
	return v.Data[4 : len(v.Data)-1], true
}

// spells says whether a text is the key in the canonical form of a UUID.
func spells(text []byte, k order.Key) bool {
	const digits = "0123456789abcdef"
	if len(text) != runLen {
		return false
	}
	at := 0
	for i, b := range k {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			if text[at] != '-' {
				return false
			}
			at++
		}
		if text[at] != digits[b>>4] || text[at+1] != digits[b&15] {
			return false
		}
		at += 2
	}
	return true
}

func tierOf(v bsoncore.Value) (order.Tier, bool) {
	text, ok := textOf(v)
	for t := range order.Tier(order.TierCount) {
		if ok && string(text) == t.String() {
			return t, true
		}
	}
	return 0, false
}

func statusOf(v bsoncore.Value) (order.Status, bool) {
	text, ok := textOf(v)
	if !ok {
		return 0, false
	}
	return parseStatus(string(text))
}

// noteOf returns a note. The texts that processing leaves are the program's own.
func noteOf(v bsoncore.Value) (string, bool) {
	text, ok := textOf(v)
	switch string(text) {
	case order.NoteVIP:
		return order.NoteVIP, ok
	case order.NoteNormal:
		return order.NoteNormal, ok
	}
	return string(text), ok
}

func intOf(v bsoncore.Value) (int, bool) {
	n, ok := v.AsInt64OK()
	return int(n), ok
}

func dateOf(v bsoncore.Value) (time.Time, bool) {
	ms, ok := v.DateTimeOK()
	return time.UnixMilli(ms).UTC(), ok
}
