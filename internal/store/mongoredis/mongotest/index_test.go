package mongotest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

func TestIndexesAreDeclared(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1, "a", 1), d("_id", 2, "a", 1))
	ctx := t.Context()
	create := func(keys bson.D, o *options.IndexOptionsBuilder) error {
		_, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys, Options: o})
		return err
	}
	for _, err := range []error{
		create(d("b", 1, "c", -1), nil),
		create(d("b", 1, "c", -1), nil), // again
		create(d("ref", 1), options.Index().SetUnique(true).SetSparse(true)),
		create(d("s", 1), options.Index().SetName("open").SetPartialFilterExpression(d("open", true, "due", d("$exists", true)))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cursor, err := c.Indexes().List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"v":2,"key":{"_id":1},"name":"_id_"}`,
		`{"v":2,"key":{"b":1,"c":-1},"name":"b_1_c_-1"}`,
		`{"v":2,"key":{"ref":1},"name":"ref_1","sparse":true,"unique":true}`,
		`{"v":2,"key":{"s":1},"name":"open","partialFilterExpression":{"open":true,"due":{"$exists":true}}}`,
	}
	if diff := cmp.Diff(want, drain(t, cursor)); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
	wantCode(t, create(d("a", 1), options.Index().SetUnique(true)), 11000, "index: a_1 dup key: { a: 1 }")
	wantCode(t, create(d("b", 1, "c", -1), options.Index().SetName("other")), 85, "already exists with a different name: b_1_c_-1")
	wantCode(t, create(d("b", 1, "c", -1), options.Index().SetUnique(true)), 86, "same name")
	wantCode(t, create(d("q", 1), options.Index().SetName("open")), 86, "same name")
	wantCode(t, create(d("ref", 1), options.Index().SetName("other").SetSparse(true)), 85, "different name and options")
	wantCode(t, create(d("t", "text"), nil), 238, "text")
	wantCode(t, create(d("t", 1), options.Index().SetPartialFilterExpression(d("a", d("$ne", 1)))), 67, "not supported in partial index")
	if err := c.Indexes().DropOne(ctx, "open"); err != nil {
		t.Error(err)
	}
	wantCode(t, c.Indexes().DropOne(ctx, "open"), 27, "index not found with name [open]")
	wantCode(t, c.Indexes().DropOne(ctx, "_id_"), 72, "cannot drop _id index")
	if err := c.Indexes().DropAll(ctx); err != nil {
		t.Error(err)
	}
	if specs, err := c.Indexes().ListSpecifications(ctx); err != nil || len(specs) != 1 {
		t.Errorf("after DropAll: %v, %v", specs, err)
	}
}

func TestUniqueSparseAndPartial(t *testing.T) {
	t.Parallel()
	c := orders(t)
	ctx := t.Context()
	_, err := c.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: d("ref", 1), Options: options.Index().SetUnique(true).SetSparse(true)},
		{Keys: d("k", 1), Options: options.Index().SetUnique(true).SetPartialFilterExpression(d("open", true))},
		{Keys: d("tags", 1), Options: options.Index().SetUnique(true).SetSparse(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		doc bson.D
		ok  bool
	}{
		{d("_id", 1), true}, {d("_id", 2), true},
		{d("_id", 3, "ref", nil), true}, {d("_id", 4, "ref", nil), false},
		{d("_id", 5, "k", 1, "open", true), true}, {d("_id", 6, "k", 1, "open", false), true}, {d("_id", 7, "k", 1, "open", true), false},
		{d("_id", 8, "tags", a("x", "y")), true}, {d("_id", 9, "tags", a("z", "y")), false}, {d("_id", 10, "tags", "x"), false}, {d("_id", 11, "tags", "z"), true},
	} {
		if _, err := c.InsertOne(ctx, step.doc); (err == nil) != step.ok || err != nil && !mongo.IsDuplicateKeyError(err) {
			t.Errorf("insert of %s: %v, want it taken: %v", shown(t, step.doc), err, step.ok)
		}
	}
	_, err = c.UpdateOne(ctx, d("_id", 6), d("$set", d("open", true)))
	wantCode(t, err, 11000, "k_1")
}

// TestIndexesAreUsed counts the documents that are looked at.
func TestIndexesAreUsed(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	c := connect(t, s).Collection("orders")
	ctx := t.Context()
	var docs []any
	for i := range 2000 {
		docs = append(docs, d("_id", fmt.Sprintf("%04d", i), "run", i%4, "open", i%10 == 0, "n", i, "lane", fmt.Sprint(i%100)))
	}
	if _, err := c.InsertMany(ctx, docs); err != nil {
		t.Fatal(err)
	}
	_, err := c.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: d("run", 1, "open", 1, "n", 1)},
		{Keys: d("lane", 1, "_id", -1)},
		{Keys: d("n", -1), Options: options.Index().SetPartialFilterExpression(d("open", true))},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter any
		o      *options.FindOptionsBuilder
		most   int64
		found  int
	}{
		"_id":                            {d("_id", "0007"), options.Find(), 1, 1},
		"_id in":                         {d("_id", d("$in", a("0001", "0500", "x"))), options.Find(), 2, 2},
		"a range of _id":                 {d("_id", d("$gt", "0100", "$lte", "0110")), options.Find(), 10, 10},
		"a page":                         {d("_id", d("$gt", "0100")), options.Find().SetSort(d("_id", 1)).SetLimit(20), 20, 20},
		"a page backwards":               {d("_id", d("$lt", "0100")), options.Find().SetSort(d("_id", -1)).SetLimit(20), 20, 20},
		"the last":                       {d(), options.Find().SetSort(d("_id", -1)).SetLimit(1), 1, 1},
		"two equal fields":               {d("open", true, "run", 0), options.Find(), 100, 100},
		"two equal fields and a range":   {d("open", true, "run", 0, "n", d("$lt", 100)), options.Find(), 5, 5},
		"equal, sorted by the next":      {d("run", 0, "open", true), options.Find().SetSort(d("n", -1)).SetLimit(3), 3, 3},
		"equal, sorted by all":           {d("run", 0), options.Find().SetSort(d("run", 1, "open", 1, "n", 1)).SetLimit(3), 3, 3},
		"equal and in":                   {d("run", 0, "open", d("$in", a(true, false)), "n", 400), options.Find(), 1, 1},
		"descending, after a key":        {d("lane", "7", "_id", d("$lt", "1007")), options.Find().SetSort(d("_id", -1)).SetLimit(2), 2, 2},
		"a partial index":                {d("open", true, "n", d("$gte", 1990)), options.Find(), 1, 1},
		"sorted by a partial index":      {d("open", true, "n", d("$gte", 0)), options.Find().SetSort(d("n", -1)).SetLimit(2), 2, 2},
		"not by a partial index":         {d("n", 7), options.Find(), 2000, 1},
		"a hint":                         {d("run", 0), options.Find().SetHint("_id_"), 2000, 500},
		"a hint by pattern":              {d("lane", "7", "run", 3), options.Find().SetHint(d("lane", 1, "_id", -1)), 20, 20},
		"one equal field and one of two": {d("run", 1, "$or", a(d("n", 1), d("n", 2))), options.Find(), 500, 1},
	} {
		before := s.Stats().Examined
		got := len(all(t, c, test.filter, test.o))
		if looked := s.Stats().Examined - before; looked > test.most || got != test.found {
			t.Errorf("%s: looked at %d and found %d, want at most %d and %d", name, looked, got, test.most, test.found)
		}
	}
	before := s.Stats().Examined
	if _, err := c.UpdateMany(ctx, d("_id", d("$in", a("0001", "0002")), "open", false), d("$set", d("n", 0))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateOne(ctx, d("run", 2, "open", false), d("$set", d("n", 0))); err != nil {
		t.Fatal(err)
	}
	if looked := s.Stats().Examined - before; looked != 3 {
		t.Errorf("updates looked at %d, want 3", looked)
	}
	_, err = c.Find(ctx, d(), options.Find().SetHint("none"))
	wantCode(t, err, 2, "hint provided does not correspond to an existing index")
}

// TestIndexesChangeNothing does the same at random to a collection with indexes and to one
// without: every answer is the same.
func TestIndexesChangeNothing(t *testing.T) {
	t.Parallel()
	db := connect(t, start(t, mongotest.Options{}))
	value := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.IntRange(0, 3), func(n int) any { return n }),
		rapid.Map(rapid.SampledFrom([]string{"a", "b", ""}), func(s string) any { return s }),
		rapid.Map(rapid.SliceOfN(rapid.IntRange(0, 3), 0, 2), func(n []int) any { return n }),
		rapid.Just[any](1.5), rapid.Just[any](true), rapid.Just[any](bson.D{{Key: "x", Value: 1}}))
	name := rapid.SampledFrom([]string{"p", "q", "r"})
	condition := rapid.Custom(func(r *rapid.T) any {
		v := value.Draw(r, "value")
		switch op := rapid.SampledFrom([]string{"", "$eq", "$gt", "$gte", "$lt", "$lte", "$ne", "$in", "$exists", "between"}).Draw(r, "op"); op {
		case "":
			return v
		case "$in":
			return d("$in", a(v, value.Draw(r, "other")))
		case "$exists":
			return d("$exists", v != nil)
		case "between":
			return d("$gte", v, "$lte", value.Draw(r, "high"))
		default:
			return d(op, v)
		}
	})
	filter := rapid.Custom(func(r *rapid.T) bson.D {
		f := bson.D{}
		for _, n := range rapid.SliceOfNDistinct(name, 0, 3, rapid.ID[string]).Draw(r, "fields") {
			f = append(f, bson.E{Key: n, Value: condition.Draw(r, "condition")})
		}
		return f
	})
	rapid.Check(t, func(r *rapid.T) {
		with, without := db.Collection(bson.NewObjectID().Hex()), db.Collection(bson.NewObjectID().Hex())
		ctx := context.Background()
		defer with.Drop(ctx)
		defer without.Drop(ctx)
		_, err := with.Indexes().CreateMany(ctx, []mongo.IndexModel{
			{Keys: d("p", 1)}, {Keys: d("q", -1, "p", 1), Options: options.Index().SetName("b")},
			{Keys: d("r", 1), Options: options.Index().SetSparse(true)}, {Keys: d("q", 1), Options: options.Index().SetPartialFilterExpression(d("p", 1))},
		})
		if err != nil {
			r.Fatal(err)
		}
		for i := range rapid.IntRange(1, 12).Draw(r, "documents") {
			doc := d("_id", i)
			for _, n := range rapid.SliceOfNDistinct(name, 0, 3, rapid.ID[string]).Draw(r, "has") {
				doc = append(doc, bson.E{Key: n, Value: value.Draw(r, n)})
			}
			_, one := with.InsertOne(ctx, doc)
			if one != nil { // parallel arrays
				continue
			}
			if _, err := without.InsertOne(ctx, doc); err != nil {
				r.Fatal(err)
			}
		}
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			change := d("_id", rapid.IntRange(0, 11).Draw(r, "of"))
			if rapid.Bool().Draw(r, "remove") {
				with.DeleteOne(ctx, change)
				without.DeleteOne(ctx, change)
				continue
			}
			u := d("$set", d(name.Draw(r, "set"), value.Draw(r, "to")))
			if _, err := with.UpdateOne(ctx, change, u); err == nil {
				without.UpdateOne(ctx, change, u)
			}
		}
		for range 5 {
			f := filter.Draw(r, "filter")
			order := d(name.Draw(r, "sort"), rapid.SampledFrom([]int{1, -1}).Draw(r, "way"), "_id", 1)
			got := all(t, with, f, options.Find().SetSort(order))
			if diff := cmp.Diff(all(t, without, f, options.Find().SetSort(order)), got); diff != "" {
				r.Errorf("Find(%s) by %s (-without +with indexes):\n%s", shown(t, f), shown(t, order), diff)
			}
		}
	})
}
