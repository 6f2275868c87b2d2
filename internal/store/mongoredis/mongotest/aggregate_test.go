package mongotest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestAggregate(t *testing.T) {
	t.Parallel()
	c := orders(t,
		d("_id", 1, "s", "a", "p", "VIP", "n", 1, "l", a("x", "y")),
		d("_id", 2, "s", "b", "p", "VIP", "n", int64(2), "l", a()),
		d("_id", 3, "s", "a", "p", "NORMAL", "n", 4.5),
		d("_id", 4, "s", "a", "p", "VIP", "n", "text", "o", d("k", 1)))
	for name, test := range map[string]struct {
		pipeline bson.A
		want     []string
	}{
		"count by a field": {a(d("$group", d("_id", "$s", "n", d("$sum", 1))), d("$sort", d("_id", 1))), []string{`{"_id":"a","n":3}`, `{"_id":"b","n":1}`}},
		"count by two": {a(d("$match", d("p", "VIP")), d("$group", d("_id", d("s", "$s", "p", "$p"), "n", d("$count", d()))), d("$sort", d("n", -1))),
			[]string{`{"_id":{"s":"a","p":"VIP"},"n":2}`, `{"_id":{"s":"b","p":"VIP"},"n":1}`}},
		"of all": {a(d("$sort", d("_id", -1)), d("$group", d("_id", nil, "sum", d("$sum", "$n"), "min", d("$min", "$n"), "max", d("$max", "$n"), "avg", d("$avg", "$n"), "first", d("$first", "$_id"), "last", d("$last", "$_id")))),
			[]string{`{"_id":null,"sum":7.5,"min":1,"max":"text","avg":2.5,"first":4,"last":1}`}},
		"a sum of an expression": {a(d("$group", d("_id", nil, "n", d("$sum", d("$cond", a(d("$eq", a("$s", "a")), 1, 0)))))), []string{`{"_id":null,"n":3}`}},
		"lists":                  {a(d("$sort", d("_id", 1)), d("$group", d("_id", nil, "all", d("$push", "$s"), "each", d("$addToSet", "$s")))), []string{`{"_id":null,"all":["a","b","a","a"],"each":["a","b"]}`}},
		"of none":                {a(d("$match", d("s", "z")), d("$group", d("_id", nil, "n", d("$sum", 1)))), nil},
		"sort, skip, limit":      {a(d("$match", d("s", "a")), d("$sort", d("_id", -1)), d("$skip", 1), d("$limit", 1), d("$project", d("s", 1))), []string{`{"_id":3,"s":"a"}`}},
		"limit, then sort":       {a(d("$limit", 2), d("$sort", d("_id", -1)), d("$project", d("_id", 1))), []string{`{"_id":2}`, `{"_id":1}`}},
		"limit, then match":      {a(d("$limit", 2), d("$match", d("s", "a")), d("$project", d("_id", 1))), []string{`{"_id":1}`}},
		"project":                {a(d("$match", d("_id", 4)), d("$project", d("_id", 0, "k", "$o.k", "s", 1))), []string{`{"s":"a","k":1}`}},
		"set":                    {a(d("$match", d("_id", 4)), d("$set", d("m", d("$ifNull", a("$zz", "none")))), d("$unset", a("o", "n"))), []string{`{"_id":4,"s":"a","p":"VIP","m":"none"}`}},
		"count":                  {a(d("$match", d("p", "VIP")), d("$count", "n")), []string{`{"n":3}`}},
		"count of none":          {a(d("$match", d("p", "none")), d("$count", "n")), nil},
		"unwind":                 {a(d("$unwind", "$l"), d("$project", d("l", 1))), []string{`{"_id":1,"l":"x"}`, `{"_id":1,"l":"y"}`}},
		"unwind, keeping":        {a(d("$match", d("_id", d("$lte", 2))), d("$unwind", d("path", "$l", "preserveNullAndEmptyArrays", true)), d("$group", d("_id", "$_id", "n", d("$sum", 1)))), []string{`{"_id":1,"n":2}`, `{"_id":2,"n":1}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cursor, err := c.Aggregate(t.Context(), test.pipeline)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, drain(t, cursor)); diff != "" {
				t.Errorf("Aggregate() (-want +got):\n%s", diff)
			}
		})
	}
	for name, test := range map[string]struct {
		pipeline bson.A
		code     int
		part     string
	}{
		"unknown accumulator": {a(d("$group", d("_id", nil, "n", d("$frob", 1)))), 15952, "unknown group operator '$frob'"},
		"no accumulator":      {a(d("$group", d("_id", nil, "n", 1))), 40234, "must be an accumulator object"},
		"no _id":              {a(d("$group", d("n", d("$sum", 1)))), 15955, "must include an _id"},
		"two fields":          {a(d("$match", d(), "$limit", 1)), 40323, "exactly one field"},
		"limit of nothing":    {a(d("$count", "n"), d("$limit", 0)), 15958, "the limit must be positive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Aggregate(t.Context(), test.pipeline)
			wantCode(t, err, test.code, test.part)
		})
	}
}
