package mongotest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

func TestUpdates(t *testing.T) {
	t.Parallel()
	clock := time.UnixMilli(1_700_000_000_123)
	s := start(t, mongotest.Options{Now: func() time.Time { return clock }})
	db := connect(t, s)
	const same = "unchanged"
	for name, test := range map[string]struct {
		before bson.D // without _id
		update any
		want   string // without _id; "unchanged" is matched, and not modified
	}{
		"$set":                          {d("a", 1, "b", 2), d("$set", d("b", 3, "z", 1, "c", "x")), `{"a":1,"b":3,"c":"x","z":1}`},
		"$set an equal value":           {d("a", 1), d("$set", d("a", 1)), same},
		"$set another type":             {d("a", 1), d("$set", d("a", int64(1))), `{"a":1}`},
		"$set a path":                   {d("o", d("x", 1)), d("$set", d("o.y", 2, "p.q.r", 3)), `{"o":{"x":1,"y":2},"p":{"q":{"r":3}}}`},
		"$set an element":               {d("l", a(1, 2)), d("$set", d("l.1", 9, "l.3", 7)), `{"l":[1,9,null,7]}`},
		"$set in a document of a list":  {d("l", a(d("x", 1))), d("$set", d("l.0.x", 2)), `{"l":[{"x":2}]}`},
		"$set nothing":                  {d("a", 1), d("$set", d()), same},
		"$unset":                        {d("a", 1, "b", 2), d("$unset", d("a", "")), `{"b":2}`},
		"$unset what is not there":      {d("a", 1), d("$unset", d("b", "", "c.d", "")), same},
		"$unset a path":                 {d("o", d("x", 1, "y", 2)), d("$unset", d("o.x", "")), `{"o":{"y":2}}`},
		"$unset an element":             {d("l", a(1, 2)), d("$unset", d("l.0", "")), `{"l":[null,2]}`},
		"$inc":                          {d("n", 1), d("$inc", d("n", 2, "m", 1)), `{"n":3,"m":1}`},
		"$inc by zero":                  {d("n", 1), d("$inc", d("n", 0)), same},
		"$inc past 32 bits":             {d("n", int32(2147483647)), d("$inc", d("n", int32(1))), `{"n":2147483648}`},
		"$inc by a double":              {d("n", 1), d("$inc", d("n", 0.5)), `{"n":1.5}`},
		"$mul":                          {d("n", 3), d("$mul", d("n", 2, "m", 5)), `{"n":6,"m":0}`},
		"$max":                          {d("n", 3, "m", 3), d("$max", d("n", 5, "m", 1, "k", 1)), `{"n":5,"m":3,"k":1}`},
		"$max below":                    {d("n", 3), d("$max", d("n", 2)), same},
		"$min":                          {d("n", 3, "m", 3), d("$min", d("n", 5, "m", 1)), `{"n":3,"m":1}`},
		"$push":                         {d("l", a(1)), d("$push", d("l", 2, "m", "x")), `{"l":[1,2],"m":["x"]}`},
		"$push $each $slice":            {d("l", a(1, 2)), d("$push", d("l", d("$each", a(3, 4), "$slice", -3))), `{"l":[2,3,4]}`},
		"$addToSet":                     {d("l", a(1)), d("$addToSet", d("l", d("$each", a(1, 2, 2)))), `{"l":[1,2]}`},
		"$addToSet what is there":       {d("l", a(1)), d("$addToSet", d("l", 1)), same},
		"$pull":                         {d("l", a(1, 2, 1)), d("$pull", d("l", 1)), `{"l":[2]}`},
		"$pull by a condition":          {d("l", a(1, 5, 9)), d("$pull", d("l", d("$gte", 5))), `{"l":[1]}`},
		"$pull documents":               {d("l", a(d("k", 1, "v", 2), d("k", 2))), d("$pull", d("l", d("k", 1))), `{"l":[{"k":2}]}`},
		"$pull what is not there":       {d("l", a(1)), d("$pull", d("l", 7, "m", 1)), same},
		"$pop":                          {d("l", a(1, 2, 3), "m", a(1, 2)), d("$pop", d("l", 1, "m", -1)), `{"l":[1,2],"m":[2]}`},
		"$setOnInsert does not":         {d("a", 1), d("$setOnInsert", d("b", 1)), same},
		"$currentDate":                  {d("a", 1), d("$currentDate", d("at", true)), `{"a":1,"at":{"$date":"2023-11-14T22:13:20.123Z"}}`},
		"several operators":             {d("n", 1, "x", 1), d("$inc", d("n", 1), "$unset", d("x", ""), "$set", d("s", "q")), `{"n":2,"s":"q"}`},
		"pipeline: $set":                {d("n", 1), a(d("$set", d("n", d("$add", a("$n", 1)), "m", "$n"))), `{"n":2,"m":1}`},
		"pipeline: stages in turn":      {d("n", 1), a(d("$set", d("n", 5)), d("$set", d("m", "$n")), d("$unset", "n")), `{"m":5}`},
		"pipeline: no change":           {d("n", 1), a(d("$set", d("n", d("$max", a("$n", 0))))), same},
		"pipeline: $$NOW":               {d("n", 1), a(d("$set", d("at", "$$NOW", "until", d("$add", a("$$NOW", 500))))), `{"n":1,"at":{"$date":"2023-11-14T22:13:20.123Z"},"until":{"$date":"2023-11-14T22:13:20.623Z"}}`},
		"pipeline: $dateAdd":            {d("at", time.UnixMilli(0)), a(d("$set", d("at", d("$dateAdd", d("startDate", "$at", "unit", "second", "amount", 2))))), `{"at":{"$date":"1970-01-01T00:00:02Z"}}`},
		"pipeline: $cond":               {d("n", 1), a(d("$set", d("s", d("$cond", a(d("$and", a(d("$gte", a("$n", 1)), d("$lt", a("$n", 2)))), "yes", "no"))))), `{"n":1,"s":"yes"}`},
		"pipeline: $cond, a document":   {d("n", 1), a(d("$set", d("s", d("$cond", d("if", d("$or", a(d("$eq", a("$n", 2)), d("$ne", a("$n", 1)))), "then", 1, "else", d("$literal", "$n")))))), `{"n":1,"s":"$n"}`},
		"pipeline: $switch":             {d("n", 2), a(d("$set", d("s", d("$switch", d("branches", a(d("case", d("$eq", a("$n", 1)), "then", "a"), d("case", d("$eq", a("$n", 2)), "then", "b"))))))), `{"n":2,"s":"b"}`},
		"pipeline: $ifNull":             {d("n", nil), a(d("$set", d("n", d("$ifNull", a("$n", "$m", 7))))), `{"n":7}`},
		"pipeline: $$REMOVE":            {d("n", 1, "m", 2), a(d("$set", d("n", "$$REMOVE"))), `{"m":2}`},
		"pipeline: a nested field":      {d("o", d("x", 1, "y", 2)), a(d("$set", d("o", d("x", 5), "p.q", d("$subtract", a("$o.y", 1))))), `{"o":{"x":5,"y":2},"p":{"q":1}}`},
		"pipeline: $replaceWith":        {d("n", 1), a(d("$replaceWith", d("$mergeObjects", a("$$ROOT", d("m", d("$literal", 2)))))), `{"n":1,"m":2}`},
		"pipeline: a missing is no lie": {d("n", 1), a(d("$set", d("t", d("$not", a("$zz")), "u", d("$lt", a("$zz", nil))))), `{"n":1,"t":true,"u":true}`},
		"pipeline: $min and $max":       {d("l", a(3, 1)), a(d("$set", d("lo", d("$min", "$l"), "hi", d("$max", a("$l", 2))))), `{"l":[3,1],"lo":1,"hi":[3,1]}`},
		"pipeline: $in and $size":       {d("l", a(3, 1)), a(d("$set", d("x", d("$in", a(1, "$l")), "z", d("$size", "$l")))), `{"l":[3,1],"x":true,"z":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := db.Collection(bson.NewObjectID().Hex())
			if _, err := c.InsertOne(t.Context(), append(d("_id", 1), test.before...)); err != nil {
				t.Fatal(err)
			}
			done, err := c.UpdateOne(t.Context(), d("_id", 1), test.update)
			if err != nil {
				t.Fatal(err)
			}
			want, modified := test.want, int64(1)
			if want == same {
				want, modified = shown(t, test.before), 0
			}
			if got := all(t, c, d(), options.Find().SetProjection(d("_id", 0))); len(got) != 1 || got[0] != want {
				t.Errorf("after %s: %s, want %s", shown(t, d("u", test.update)), got, want)
			}
			if done.MatchedCount != 1 || done.ModifiedCount != modified {
				t.Errorf("UpdateOne() = %+v, want 1 matched, %d modified", done, modified)
			}
		})
	}
}

func TestUpdatesRefused(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1, "n", "text", "l", a(1), "o", 5))
	for name, test := range map[string]struct {
		update any
		code   int
		part   string
	}{
		"unknown operator":       {d("$sett", d("a", 1)), 9, "Unknown modifier: $sett"},
		"known to a server only": {d("$rename", d("a", "b")), 238, "mongotest does not implement"},
		"$inc a string":          {d("$inc", d("n", 1)), 14, "non-numeric"},
		"$inc by a string":       {d("$inc", d("m", "1")), 14, "non-numeric argument"},
		"$push to a string":      {d("$push", d("n", 1)), 2, "must be an array"},
		"into a number":          {d("$set", d("o.x", 1)), 28, "Cannot create field 'x' in element {o: 5}"},
		"into a list":            {d("$set", d("l.x", 1)), 28, "Cannot create field 'x'"},
		"_id":                    {d("$set", d("_id", 2)), 66, "immutable field '_id'"},
		"twice the same":         {d("$set", d("a", 1), "$inc", d("a", 1)), 40, "conflict at 'a'"},
		"a field and one in it":  {d("$set", d("a", 1, "a.b", 1)), 40, "conflict at 'a'"},
		"positional":             {d("$set", d("l.$", 1)), 238, "positional"},
		"an empty part":          {d("$set", d("a..b", 1)), 56, "empty field name"},
		"an unknown stage":       {a(d("$match", d("a", 1))), 72, "$match is not allowed to be used within an update"},
		"an unknown expression":  {a(d("$set", d("a", d("$frob", 1)))), 168, "Unrecognized expression '$frob'"},
		"an unknown variable":    {a(d("$set", d("a", "$$HERE"))), 17276, "undefined variable: HERE"},
		"$add a string":          {a(d("$set", d("a", d("$add", a("$n", 1))))), 14, "$add only supports"},
		"$each of a value":       {d("$push", d("l", d("$each", 1))), 2, "$each"},
		"$push with $sort":       {d("$push", d("l", d("$each", a(1), "$sort", 1))), 238, "$sort of $push"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.UpdateOne(t.Context(), d("_id", 1), test.update)
			wantCode(t, err, test.code, test.part)
		})
	}
	if got := all(t, c, d()); got[0] != `{"_id":1,"n":"text","l":[1],"o":5}` {
		t.Errorf("after refused updates: %s", got)
	}
}

func TestUpsertsAndReplacements(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1, "n", 1))
	ctx := t.Context()
	upsert := options.UpdateOne().SetUpsert(true)
	done, err := c.UpdateOne(ctx, d("_id", 2, "k", "x", "o.p", 3, "n", d("$gt", 5)), d("$set", d("s", 1), "$setOnInsert", d("new", true), "$inc", d("c", 2)), upsert)
	if err != nil || done.MatchedCount != 0 || done.UpsertedCount != 1 || done.UpsertedID != int32(2) {
		t.Fatalf("UpdateOne() = %+v, %v", done, err)
	}
	done, err = c.UpdateOne(ctx, d("k", "y"), d("$set", d("s", 2)), upsert)
	if _, ok := done.UpsertedID.(bson.ObjectID); err != nil || !ok {
		t.Fatalf("UpdateOne() = %+v, %v; want a made _id", done, err)
	}
	if _, err = c.DeleteOne(ctx, d("k", "y")); err != nil {
		t.Fatal(err)
	}
	if done, err = c.ReplaceOne(ctx, d("_id", 1), d("z", 1)); err != nil || done.ModifiedCount != 1 {
		t.Fatalf("ReplaceOne() = %+v, %v", done, err)
	}
	if done, err = c.ReplaceOne(ctx, d("_id", 1), d("_id", 1, "z", 1)); err != nil || done.MatchedCount != 1 || done.ModifiedCount != 0 {
		t.Fatalf("ReplaceOne() by the same = %+v, %v", done, err)
	}
	if done, err = c.ReplaceOne(ctx, d("_id", 3), d("z", 3), options.Replace().SetUpsert(true)); err != nil || done.UpsertedID != int32(3) {
		t.Fatalf("ReplaceOne() of none = %+v, %v", done, err)
	}
	_, err = c.ReplaceOne(ctx, d("_id", 1), d("_id", 9, "z", 1))
	wantCode(t, err, 66, "_id")
	done, err = c.UpdateMany(ctx, d("z", d("$exists", true)), d("$set", d("z", 3)))
	if err != nil || done.MatchedCount != 2 || done.ModifiedCount != 1 {
		t.Fatalf("UpdateMany() = %+v, %v", done, err)
	}
	if done, err = c.UpdateOne(ctx, d("_id", 5), a(d("$set", d("n", d("$add", a(d("$ifNull", a("$n", 0)), 1))))), upsert); err != nil || done.UpsertedID != int32(5) {
		t.Fatalf("UpdateOne() by pipeline = %+v, %v", done, err)
	}
	want := []string{`{"_id":1,"z":3}`, `{"_id":2,"k":"x","o":{"p":3},"c":2,"new":true,"s":1}`, `{"_id":3,"z":3}`, `{"_id":5,"n":1}`}
	if diff := cmp.Diff(want, all(t, c, d(), options.Find().SetSort(d("_id", 1)))); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
}

func TestFindAndModify(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1, "n", 5, "s", "a"), d("_id", 2, "n", 3, "s", "a"))
	ctx := t.Context()
	got := func(r interface{ Raw() (bson.Raw, error) }) string {
		raw, err := r.Raw()
		if err != nil {
			return err.Error()
		}
		return shown(t, raw)
	}
	for _, step := range []struct{ what, got, want string }{
		{"as it was, by order", got(c.FindOneAndUpdate(ctx, d("s", "a"), d("$inc", d("n", 10)), options.FindOneAndUpdate().SetSort(d("n", 1)))), `{"_id":2,"n":3,"s":"a"}`},
		{"as it is", got(c.FindOneAndUpdate(ctx, d("s", "a"), d("$inc", d("n", 1)), options.FindOneAndUpdate().SetSort(d("n", -1)).SetReturnDocument(options.After).SetProjection(d("n", 1)))), `{"_id":2,"n":14}`},
		{"none", got(c.FindOneAndUpdate(ctx, d("s", "z"), d("$inc", d("n", 1)))), `mongo: no documents in result`},
		{"upsert, as it was", got(c.FindOneAndUpdate(ctx, d("_id", 7), d("$set", d("n", 1)), options.FindOneAndUpdate().SetUpsert(true))), `mongo: no documents in result`},
		{"upsert, as it is", got(c.FindOneAndUpdate(ctx, d("_id", 8), d("$set", d("n", 1)), options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After))), `{"_id":8,"n":1}`},
		{"replace", got(c.FindOneAndReplace(ctx, d("_id", 8), d("q", 1), options.FindOneAndReplace().SetReturnDocument(options.After))), `{"_id":8,"q":1}`},
		{"remove", got(c.FindOneAndDelete(ctx, d("_id", 1))), `{"_id":1,"n":5,"s":"a"}`},
		{"remove none", got(c.FindOneAndDelete(ctx, d("_id", 1))), `mongo: no documents in result`},
		{"pipeline", got(c.FindOneAndUpdate(ctx, d("_id", 7), a(d("$set", d("n", d("$multiply", a("$n", 3))))), options.FindOneAndUpdate().SetReturnDocument(options.After))), `{"_id":7,"n":3}`},
	} {
		if step.got != step.want {
			t.Errorf("%s: got %s, want %s", step.what, step.got, step.want)
		}
	}
	if got := ids(t, c, d()); got != "2 7 8" {
		t.Errorf("left are %s", got)
	}
}
