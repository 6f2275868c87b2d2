package mongoredis

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// indexTime bounds how long Open waits for indexes of a store that has orders already.
const indexTime = time.Hour

// index is one that a collection must have.
type index struct {
	keys    bson.D
	unique  bool
	partial bson.D // what a document must match to be in it; nil: nothing
}

func ascending(fields ...string) bson.D {
	var keys bson.D
	for _, f := range fields {
		keys = append(keys, bson.E{Key: f, Value: int32(1)})
	}
	return keys
}

// indexes returns those of every collection that has some. Dead letters have a partial one
// and not a sparse one: every document has an _id, so every document would be in that.
func indexes() map[string][]index {
	return map[string][]index{
		ordersName: {
			{keys: ascending(fieldID), unique: true},
			{keys: ascending(fieldPriority)},
			{keys: ascending(fieldPriority, fieldStatus)},
			{keys: ascending(fieldCreatedAt)},
			{keys: ascending(fieldRun, fieldPriority)},
			{keys: ascending(fieldDead, fieldKey), partial: bson.D{{Key: fieldDead, Value: bson.D{{Key: "$exists", Value: true}}}}},
		},
		blocksName: {
			{keys: ascending("run", "first")},
			{keys: ascending("run", "lane", "open", "first")},
			{keys: ascending("open", "void", "lane", "run"), partial: bson.D{{Key: "open", Value: true}}},
			{keys: ascending("todo.nonce"), partial: bson.D{{Key: "todo.nonce", Value: bson.D{{Key: "$exists", Value: true}}}}},
		},
		runsName:    {{keys: ascending("live"), unique: true, partial: bson.D{{Key: "live", Value: true}}}},
		recordsName: {{keys: ascending("at")}},
	}
}

// name returns MongoDB's own name for the index.
func (i *index) name() string {
	var parts []string
	for _, key := range i.keys {
		parts = append(parts, key.Key, strconv.Itoa(int(key.Value.(int32))))
	}
	return strings.Join(parts, "_")
}

// String describes the index in errors.
func (i *index) String() string {
	text := i.name()
	if i.unique {
		text += ", unique"
	}
	if i.partial != nil {
		raw, _ := bson.Marshal(i.partial)
		text += ", for documents that match " + bson.Raw(raw).String()
	}
	return text
}

func (i *index) model() mongo.IndexModel {
	o := options.Index().SetName(i.name())
	if i.unique {
		o.SetUnique(true)
	}
	if i.partial != nil {
		o.SetPartialFilterExpression(i.partial)
	}
	return mongo.IndexModel{Keys: i.keys, Options: o}
}

// indexDoc is an index as MongoDB lists it.
type indexDoc struct {
	Name    string   `bson:"name"`
	Keys    bson.Raw `bson:"key"`
	Unique  bool     `bson:"unique"`
	Sparse  bool     `bson:"sparse"`
	Partial bson.Raw `bson:"partialFilterExpression"`
}

// keyed says whether the listed index has the keys, whatever type their directions have.
func (d *indexDoc) keyed(i *index) bool {
	elements, err := d.Keys.Elements()
	if err != nil || len(elements) != len(i.keys) {
		return false
	}
	for n, e := range elements {
		direction, ok := e.Value().AsInt64OK()
		if !ok || e.Key() != i.keys[n].Key || direction != int64(i.keys[n].Value.(int32)) {
			return false
		}
	}
	return true
}

// same says whether an index of the same keys is the same altogether.
func (d *indexDoc) same(i *index) bool {
	var partial []byte
	if i.partial != nil {
		partial, _ = bson.Marshal(i.partial)
	}
	return d.Unique == i.unique && !d.Sparse && bytes.Equal(d.Partial, partial)
}

// ensureIndexes creates the indexes that are missing, and refuses others in their place.
func (s *DB) ensureIndexes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	all := indexes()
	for _, name := range collections() {
		if len(all[name]) == 0 {
			continue
		}
		view := s.state.Database().Collection(name).Indexes()
		missing, err := s.missing(ctx, name, view, all[name])
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			continue
		}
		if _, err := view.CreateMany(ctx, missing); err != nil {
			return s.mongo.trouble(err)
		}
	}
	return nil
}

// missing returns what a collection lacks of the indexes it must have.
func (s *DB) missing(ctx context.Context, collection string, view mongo.IndexView, wanted []index) ([]mongo.IndexModel, error) {
	cursor, err := view.List(ctx)
	if err != nil {
		return nil, s.mongo.trouble(err)
	}
	var there []indexDoc
	if err := cursor.All(ctx, &there); err != nil {
		return nil, s.mongo.trouble(err)
	}
	var models []mongo.IndexModel
	for _, want := range wanted {
		found := false
		for _, have := range there {
			switch keyed := have.keyed(&want); {
			case keyed && have.same(&want):
				found = true
			case keyed || have.Name == want.name():
				return nil, fmt.Errorf("%w: the collection %q in database %q of MongoDB at %s has another index in the place of the one on %s: drop the index %q, or name another database in MONGO_URI",
					order.ErrUnavailable, collection, s.Database(), s.mongo.place, &want, have.Name)
			}
		}
		if !found {
			models = append(models, want.model())
		}
	}
	return models, nil
}
