package mongoredis

import (
	"crypto/rand"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
)

// models returns the updates that make the change in the orders' documents. None is an
// upsert: an order that is not there is not made.
func (c *change) models(b *block) []mongo.WriteModel {
	keys := make(bson.A, len(c.indexes))
	for i, index := range c.indexes {
		keys[i] = uuid(b.run.Key(index))
	}
	from := order.Pending
	if c.kind == redrive || c.kind == discard {
		from = order.Dead
	}
	filter := bson.D{
		{Key: fieldKey, Value: bson.D{{Key: "$in", Value: keys}}},
		{Key: fieldStatus, Value: statusName(from)},
		{Key: fieldRev, Value: bson.D{{Key: "$lt", Value: c.version}}},
	}
	if c.kind == process || c.kind == kill || c.kind == retry {
		filter = append(filter, bson.E{Key: fieldAttempts, Value: c.attempts})
	}
	return []mongo.WriteModel{mongo.NewUpdateManyModel().SetFilter(filter).SetUpdate(c.update(b.lane)).SetUpsert(makes)}
}

// update returns what the change sets.
func (c *change) update(lane order.Priority) any {
	set := bson.D{{Key: fieldRev, Value: c.version}}
	switch c.kind {
	case process:
		note := order.NoteNormal
		if lane == order.VIP {
			note = order.NoteVIP
		}
		set = append(set, bson.E{Key: fieldStatus, Value: statusName(order.Processed)}, bson.E{Key: fieldNote, Value: note},
			bson.E{Key: fieldProcessedAt, Value: c.at}, bson.E{Key: fieldAttempts, Value: c.attempts + 1})
	case kill:
		return c.death(set)
	case retry:
		set = append(set, bson.E{Key: fieldAttempts, Value: c.attempts + 1}, bson.E{Key: fieldFailedLast, Value: c.at})
		return bson.D{{Key: "$set", Value: set}, {Key: "$min", Value: bson.D{{Key: fieldFailedFirst, Value: c.at}}}}
	case remove, discard:
		set = append(set, bson.E{Key: fieldStatus, Value: statusName(order.Removed)}, bson.E{Key: fieldAttempts, Value: 0})
		if !c.at.IsZero() {
			set = append(set, bson.E{Key: fieldProcessedAt, Value: c.at})
		}
		return bson.D{{Key: "$set", Value: set}, {Key: "$unset", Value: bson.D{{Key: fieldDead, Value: ""}, {Key: fieldReason, Value: ""}}}}
	case redrive:
		set = append(set, bson.E{Key: fieldStatus, Value: statusName(order.Pending)}, bson.E{Key: fieldAttempts, Value: 0})
		return bson.D{
			{Key: "$set", Value: set}, {Key: "$inc", Value: bson.D{{Key: fieldRedriven, Value: 1}}},
			{Key: "$unset", Value: bson.D{{Key: fieldDead, Value: ""}, {Key: fieldReason, Value: ""}, {Key: fieldProcessedAt, Value: ""}}},
		}
	}
	return bson.D{{Key: "$set", Value: set}}
}

// death is the update that makes a dead letter. Its first failure is each order's own,
// so it is a pipeline; texts in it are literals, whatever they begin with.
func (c *change) death(set bson.D) any {
	at := c.at.Truncate(time.Millisecond)
	first := bson.D{{Key: "$ifNull", Value: bson.A{"$" + fieldFailedFirst, at}}}
	group := bson.D{{Key: "$literal", Value: order.ErrorGroup(c.reason)}}
	set = append(set,
		bson.E{Key: fieldStatus, Value: statusName(order.Dead)},
		bson.E{Key: fieldProcessedAt, Value: at},
		bson.E{Key: fieldAttempts, Value: c.attempts + 1},
		bson.E{Key: fieldReason, Value: bson.D{{Key: "$literal", Value: c.reason}}},
		bson.E{Key: fieldFailedFirst, Value: first},
		bson.E{Key: fieldFailedLast, Value: at},
		bson.E{Key: fieldDead, Value: group},
		bson.E{Key: fieldLetter, Value: bson.D{
			{Key: "group", Value: group}, {Key: "attempts", Value: c.attempts + 1}, {Key: "first", Value: first}, {Key: "last", Value: at},
		}},
	)
	return bson.A{bson.D{{Key: "$set", Value: set}}}
}

// newNonce names a call among all that change a block.
func newNonce() string { return rand.Text() }
