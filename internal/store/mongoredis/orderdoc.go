package mongoredis

import (
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

// namedByKey returns the order's key if that is the name that its document has for it.
func (d *orderDoc) namedByKey() (string, bool) {
	return d.Key.String(), d.Ref == "" || d.former != ""
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
