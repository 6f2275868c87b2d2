package mongotest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// field is one of a document that must keep its order.
func d(pairs ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}

// a is an array.
func a(elements ...any) bson.A { return append(bson.A{}, elements...) }

// ids returns the _id of what a filter finds, in the order of _id.
func ids(t *testing.T, c *mongo.Collection, filter any) string {
	t.Helper()
	var found []string
	for _, doc := range all(t, c, filter, options.Find().SetSort(d("_id", 1)).SetProjection(d("_id", 1))) {
		found = append(found, strings.TrimSuffix(strings.TrimPrefix(doc, `{"_id":`), "}"))
	}
	return strings.Join(found, " ")
}

func zoo() []any {
	return []any{
		d("_id", 1, "n", 1, "s", "ana", "t", a("x", "y"), "o", d("a", 1, "b", "q")),
		d("_id", 2, "n", int64(2), "s", "bia", "t", a(), "o", d("a", 2)),
		d("_id", 3, "n", 2.5, "s", "caio", "l", a(d("k", 1, "v", 10), d("k", 2, "v", 20))),
		d("_id", 4, "n", nil, "s", "Ana", "l", a(d("k", 1, "v", 20))),
		d("_id", 5, "n", "2", "w", true, "m", a(3, 7)),
		d("_id", 6, "when", time.UnixMilli(1000), "n", a(1, 9)),
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	c := orders(t, zoo()...)
	for name, test := range map[string]struct {
		filter any
		want   string
	}{
		"all":                         {d(), "1 2 3 4 5 6"},
		"a value":                     {d("n", 1), "1 6"},
		"a number of another type":    {d("n", 2.0), "2"},
		"a string is no number":       {d("n", "2"), "5"},
		"two fields":                  {d("n", 1, "s", "ana"), "1"},
		"null finds what is missing":  {d("w", nil), "1 2 3 4 6"},
		"a null field":                {d("n", nil), "4"},
		"$eq":                         {d("n", d("$eq", 2)), "2"},
		"$ne":                         {d("n", d("$ne", 1)), "2 3 4 5"},
		"$gt is of one class":         {d("n", d("$gt", 1)), "2 3 6"},
		"$gte":                        {d("n", d("$gte", 2.5)), "3 6"},
		"$lt":                         {d("n", d("$lt", 2)), "1 6"},
		"$lte":                        {d("n", d("$lte", 2)), "1 2 6"},
		"a range, by two elements":    {d("n", d("$gt", 5, "$lt", 2)), "6"},
		"$gte null":                   {d("n", d("$gte", nil)), "4"},
		"strings in order":            {d("s", d("$gte", "b")), "2 3"},
		"$in":                         {d("n", d("$in", a(1, "2", nil))), "1 4 5 6"},
		"$in with many":               {d("_id", d("$in", a(9, 5, 3, 3, 1, 7, 8))), "1 3 5"},
		"$in with many, not _id":      {d("n", d("$in", a(2, 11, 12, 13, 14, 2.5))), "2 3"},
		"$in with nothing":            {d("n", d("$in", a())), ""},
		"$in with a pattern":          {d("s", d("$in", a(bson.Regex{Pattern: "^b"}, "ana"))), "1 2"},
		"$nin":                        {d("n", d("$nin", a(1, nil))), "2 3 5"},
		"$exists":                     {d("l", d("$exists", true)), "3 4"},
		"$exists, null":               {d("n", d("$exists", true)), "1 2 3 4 5 6"},
		"$exists false":               {d("n", d("$exists", false), "l", nil), ""},
		"$and":                        {d("$and", a(d("n", d("$gt", 1)), d("n", d("$lt", 2.5)))), "2 6"},
		"$or":                         {d("$or", a(d("s", "ana"), d("w", true))), "1 5"},
		"$or beside a field":          {d("n", d("$gt", 0), "$or", a(d("_id", 1), d("_id", 4))), "1"},
		"$nor":                        {d("$nor", a(d("_id", d("$lt", 5)), d("w", true))), "6"},
		"$not":                        {d("n", d("$not", d("$gt", 1))), "1 4 5"},
		"$not with a pattern":         {d("s", d("$not", bson.Regex{Pattern: "^[ab]", Options: "i"})), "3 5 6"},
		"$regex":                      {d("s", d("$regex", "^a")), "1"},
		"$regex with options":         {d("s", d("$regex", "^a", "$options", "i")), "1 4"},
		"a pattern as a value":        {d("s", bson.Regex{Pattern: "a$"}), "1 2 4"},
		"an element":                  {d("t", "y"), "1"},
		"a whole array":               {d("t", a("x", "y")), "1"},
		"an empty array":              {d("t", a()), "2"},
		"a document":                  {d("o", d("a", 1, "b", "q")), "1"},
		"a document in another order": {d("o", d("b", "q", "a", 1)), ""},
		"a dotted path":               {d("o.a", 2), "2"},
		"through an array":            {d("l.k", 2), "3"},
		"by an index":                 {d("l.0.v", 20), "4"},
		"two elements may fit":        {d("l.k", 1, "l.v", 20), "3 4"},
		"$elemMatch":                  {d("l", d("$elemMatch", d("k", 1, "v", 20))), "4"},
		"$elemMatch of values":        {d("m", d("$elemMatch", d("$gt", 3, "$lt", 8))), "5"},
		"$elemMatch, none":            {d("m", d("$elemMatch", d("$gt", 3, "$lt", 7))), ""},
		"$all":                        {d("m", d("$all", a(7, 3))), "5"},
		"$size":                       {d("l", d("$size", 2)), "3"},
		"$mod":                        {d("_id", d("$mod", a(3, 0))), "3 6"},
		"$type":                       {d("n", d("$type", "string")), "5"},
		"$type number":                {d("n", d("$type", "number")), "1 2 3 6"},
		"$type, several":              {d("n", d("$type", a("null", 2))), "4 5"},
		"a date":                      {d("when", d("$lte", time.UnixMilli(1000))), "6"},
		"true":                        {d("w", true), "5"},
		"$expr":                       {d("$expr", d("$gt", a("$o.a", 1))), "2"},
		"$expr by the server's clock": {d("$expr", d("$lt", a(d("$ifNull", a("$when", "$$NOW")), "$$NOW"))), "6"},
		"$expr under $or":             {d("$or", a(d("$expr", d("$gt", a("$$NOW", "$when")), "when", d("$exists", true)))), "6"},
		"$comment":                    {d("$comment", "why", "_id", 1), "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ids(t, c, test.filter); got != test.want {
				t.Errorf("Find(%s) = %q, want %q", shown(t, test.filter), got, test.want)
			}
		})
	}
}

// wantCode checks that an error has a server's code, and a part of its message.
func wantCode(t *testing.T, err error, code int, part string) {
	t.Helper()
	var se mongo.ServerError
	if !errors.As(err, &se) || !se.HasErrorCode(code) || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want code %d and %q", err, code, part)
	}
}

func TestFiltersRefused(t *testing.T) {
	t.Parallel()
	c := orders(t, d("_id", 1))
	for name, test := range map[string]struct {
		filter any
		code   int
		part   string
	}{
		"unknown operator":          {d("n", d("$near2", 1)), 2, "unknown operator: $near2"},
		"unknown operator at top":   {d("$xor", a()), 2, "unknown top level operator: $xor"},
		"known to a server only":    {d("$where", "true"), 238, "mongotest does not implement the operator $where"},
		"$in without an array":      {d("n", d("$in", 1)), 2, "$in needs an array"},
		"$or without an array":      {d("$or", 1), 2, "$or must be an array"},
		"$or with nothing":          {d("$or", a()), 2, "nonempty array"},
		"$regex that is none":       {d("n", d("$regex", "(")), 2, "Regular expression is invalid"},
		"$options alone":            {d("n", d("$options", "i")), 2, "$options needs a $regex"},
		"$type of nothing":          {d("n", d("$type", "cat")), 2, "Unknown type name alias: cat"},
		"$elemMatch of a value":     {d("n", d("$elemMatch", 1)), 2, "$elemMatch needs an Object"},
		"$expr of nothing":          {d("$expr", d("$wat", 1)), 168, "Unrecognized expression '$wat'"},
		"$size of a string":         {d("n", d("$size", "1")), 2, "$size"},
		"$mod by zero":              {d("n", d("$mod", a(0, 1))), 2, "divisor"},
		"$not of a value":           {d("n", d("$not", 1)), 2, "$not needs a regex or a document"},
		"an operator under $in":     {d("n", d("$in", a(d("$gt", 1)))), 2, "cannot nest $ under $in"},
		"$all without an array":     {d("n", d("$all", 1)), 2, "$all needs an array"},
		"$regex of a number":        {d("n", d("$regex", 1)), 2, "$regex has to be a string"},
		"$and with what is no list": {d("$and", a(1)), 2, "entries must be objects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Find(t.Context(), test.filter)
			wantCode(t, err, test.code, test.part)
		})
	}
}

func TestSortSkipLimitProjection(t *testing.T) {
	t.Parallel()
	c := orders(t,
		d("_id", 1, "p", "b", "n", 2, "o", d("x", 1, "y", 2)), d("_id", 2, "p", "a", "n", 2),
		d("_id", 3, "p", "a", "n", 1, "l", a(d("x", 1, "y", 2), 5)), d("_id", 4, "n", nil), d("_id", 5, "p", 7, "n", a(0, 9)))
	for name, test := range map[string]struct {
		filter any
		o      *options.FindOptionsBuilder
		want   []string
	}{
		"two fields": {d("n", d("$type", "int")), options.Find().SetSort(d("n", -1, "p", 1)).SetProjection(d("n", 1)),
			[]string{`{"_id":5,"n":[0,9]}`, `{"_id":2,"n":2}`, `{"_id":1,"n":2}`, `{"_id":3,"n":1}`}},
		"types in order": {d(), options.Find().SetSort(d("p", 1, "_id", -1)).SetProjection(d("p", 1)),
			[]string{`{"_id":4}`, `{"_id":5,"p":7}`, `{"_id":3,"p":"a"}`, `{"_id":2,"p":"a"}`, `{"_id":1,"p":"b"}`}},
		"an array by its least": {d(), options.Find().SetSort(d("n", 1)).SetLimit(2).SetProjection(d("_id", 1)), []string{`{"_id":4}`, `{"_id":5}`}},
		"skip and limit":        {d(), options.Find().SetSort(d("_id", 1)).SetSkip(1).SetLimit(2).SetProjection(d("_id", 1)), []string{`{"_id":2}`, `{"_id":3}`}},
		"backwards by _id":      {d("_id", d("$lt", 4)), options.Find().SetSort(d("_id", -1)).SetLimit(2).SetProjection(d("_id", 1)), []string{`{"_id":3}`, `{"_id":2}`}},
		"the natural order":     {d(), options.Find().SetLimit(2).SetProjection(d("_id", 1)), []string{`{"_id":1}`, `{"_id":2}`}},
		"skip all":              {d(), options.Find().SetSkip(9), nil},
		"without _id":           {d("_id", 2), options.Find().SetProjection(d("_id", 0, "p", 1)), []string{`{"p":"a"}`}},
		"only without _id":      {d("_id", 2), options.Find().SetProjection(d("_id", 0)), []string{`{"p":"a","n":2}`}},
		"without a field":       {d("_id", 1), options.Find().SetProjection(d("p", 0, "o.x", 0)), []string{`{"_id":1,"n":2,"o":{"y":2}}`}},
		"a dotted field":        {d("_id", 1), options.Find().SetProjection(d("o.y", 1)), []string{`{"_id":1,"o":{"y":2}}`}},
		"in an array":           {d("_id", 3), options.Find().SetProjection(d("l.x", 1)), []string{`{"_id":3,"l":[{"x":1}]}`}},
		"not in an array":       {d("_id", 3), options.Find().SetProjection(d("l.x", 0, "p", 0, "n", 0)), []string{`{"_id":3,"l":[{"y":2},5]}`}},
		"an expression":         {d("_id", 1), options.Find().SetProjection(d("m", d("$add", a("$n", 1)))), []string{`{"_id":1,"m":3}`}},
		"batches":               {d("_id", d("$lte", 3)), options.Find().SetBatchSize(1).SetProjection(d("_id", 1)), []string{`{"_id":1}`, `{"_id":2}`, `{"_id":3}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, all(t, c, test.filter, test.o)); diff != "" {
				t.Errorf("Find() (-want +got):\n%s", diff)
			}
		})
	}
	_, err := c.Find(t.Context(), d(), options.Find().SetProjection(d("a", 1, "b", 0)))
	wantCode(t, err, 31254, "Cannot do")
	_, err = c.Find(t.Context(), d(), options.Find().SetSort(d("a", 2)))
	wantCode(t, err, 15975, "$sort key ordering")
	_, err = c.Find(t.Context(), d(), options.Find().SetProjection(d("a", d("$slice", 1))))
	wantCode(t, err, 238, "projection")
}
