package mongoredis

import (
	"fmt"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// appendOrder appends the document of an order that has just been accepted, into the
// block whose first index is given.
func appendOrder(dst []byte, o *order.Order, block uint64) []byte {
	run := o.Key.Run()
	start, dst := bsoncore.AppendDocumentStart(dst)
	dst = bsoncore.AppendBinaryElement(dst, fieldKey, bson.TypeBinaryUUID, o.Key[:])
	dst = bsoncore.AppendStringElement(dst, fieldID, o.ID())
	dst = bsoncore.AppendStringElement(dst, fieldCustomer, o.Customer)
	dst = bsoncore.AppendDoubleElement(dst, fieldAmount, float64(o.Amount)/100)
	dst = bsoncore.AppendStringElement(dst, fieldTier, o.Tier.String())
	dst = bsoncore.AppendStringElement(dst, fieldPriority, o.Priority().String())
	dst = bsoncore.AppendStringElement(dst, fieldNote, o.Note)
	dst = bsoncore.AppendStringElement(dst, fieldStatus, statusName(order.Pending))
	dst = bsoncore.AppendDateTimeElement(dst, fieldCreatedAt, o.CreatedAt.UnixMilli())
	dst = bsoncore.AppendBinaryElement(dst, fieldRun, bson.TypeBinaryUUID, run[:])
	dst = bsoncore.AppendInt64Element(dst, fieldBlock, int64(block))
	dst = bsoncore.AppendInt32Element(dst, fieldAttempts, 0)
	dst = bsoncore.AppendInt64Element(dst, fieldRev, 0)
	if o.Ref != "" {
		dst = bsoncore.AppendStringElement(dst, fieldAcceptedAs, o.Note)
	}
	dst, _ = bsoncore.AppendDocumentEnd(dst, start) // fails only without a start
	return dst
}

// orderDoc is what is read of an order's document.
type orderDoc struct {
	order.Order
	block    uint64
	rev      int64
	former   string // the ref it has given up
	original string // the note as it was accepted, of an order with a ref
	hidden   bool
	redriven int
	failedAt time.Time
	failedBy time.Time
	letter   *store.DeadLetter // without its order and Redriven
}

// decodeOrder reads a document. Its texts share memory with nothing.
func decodeOrder(raw bson.Raw) (orderDoc, error) {
	var d orderDoc
	elements, err := raw.Elements()
	if err != nil {
		return d, fmt.Errorf("%w: order: %w", order.ErrCorrupt, err)
	}
	for _, e := range elements {
		if err := d.field(e.Key(), e.Value()); err != nil {
			return d, err
		}
	}
	if d.Ref == d.Key.String() {
		d.Ref = d.former
	}
	return d, nil
}

// field takes one field in; those it does not know it passes over.
func (d *orderDoc) field(name string, v bson.RawValue) error {
	ok := true
	switch name {
	case fieldKey:
		var data []byte
		_, data, ok = v.BinaryOK()
		ok = ok && copy(d.Key[:], data) == len(d.Key)
	case fieldID:
		d.Ref, ok = v.StringValueOK()
	case fieldCustomer:
		d.Customer, ok = v.StringValueOK()
	case fieldAmount:
		var f float64
		f, ok = v.DoubleOK()
		d.Amount = order.Cents(math.Round(f * 100))
	case fieldTier:
		return d.tier(v)
	case fieldNote:
		d.Note, ok = v.StringValueOK()
	case fieldStatus:
		var s string
		s, _ = v.StringValueOK()
		d.Status, ok = parseStatus(s)
	case fieldCreatedAt:
		d.CreatedAt, ok = dateOf(v)
	case fieldBlock, fieldAttempts, fieldRev, fieldRedriven:
		var n int64
		n, ok = v.AsInt64OK()
		d.number(name, n)
	default:
		return d.outcome(name, v)
	}
	return corrupt(name, v, ok)
}

func (d *orderDoc) number(name string, n int64) {
	switch name {
	case fieldBlock:
		d.block = uint64(n)
	case fieldAttempts:
		d.Attempts = int(n)
	case fieldRev:
		d.rev = n
	case fieldRedriven:
		d.redriven = int(n)
	}
}

// outcome takes in a field that only some orders have.
func (d *orderDoc) outcome(name string, v bson.RawValue) error {
	ok := true
	switch name {
	case fieldProcessedAt:
		d.ProcessedAt, ok = dateOf(v)
	case fieldReason:
		d.Reason, ok = v.StringValueOK()
	case fieldFormerID:
		d.former, ok = v.StringValueOK()
	case fieldAcceptedAs:
		d.original, ok = v.StringValueOK()
	case fieldHidden:
		d.hidden, ok = v.BooleanOK()
	case fieldFailedFirst:
		d.failedAt, ok = dateOf(v)
	case fieldFailedLast:
		d.failedBy, ok = dateOf(v)
	case fieldLetter:
		var l letterDoc
		ok = v.Unmarshal(&l) == nil
		d.letter = l.letter()
	}
	return corrupt(name, v, ok)
}

func (d *orderDoc) tier(v bson.RawValue) (err error) {
	name, _ := v.StringValueOK()
	d.Tier, err = order.ParseTier(name)
	return err
}

func dateOf(v bson.RawValue) (time.Time, bool) {
	ms, ok := v.DateTimeOK()
	return time.UnixMilli(ms).UTC(), ok
}

func corrupt(name string, v bson.RawValue, ok bool) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: order: field %s is %v", order.ErrCorrupt, name, v)
}

// accepted returns the order as it was accepted, as far as its document tells.
func (d *orderDoc) accepted() order.Order {
	o := order.Order{
		Key: d.Key, Ref: d.Ref, Customer: d.Customer, Amount: d.Amount, Tier: d.Tier, Note: d.Note, CreatedAt: d.CreatedAt,
	}
	if d.Ref != "" {
		o.Note = d.original
	}
	return o
}

// letterDoc is a dead letter within its order's document.
type letterDoc struct {
	Group    string    `bson:"group"`
	Attempts int       `bson:"attempts"`
	First    time.Time `bson:"first"`
	Last     time.Time `bson:"last"`
}

func (l *letterDoc) letter() *store.DeadLetter {
	return &store.DeadLetter{Group: l.Group, Attempts: l.Attempts, First: l.First.UTC(), Last: l.Last.UTC()}
}
