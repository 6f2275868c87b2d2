package mongotest

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// accumulator is a field that $group makes.
type accumulator struct {
	name []byte
	op   string
	expr expr
}

// group is what is gathered of the documents with one _id.
type group struct {
	id     value
	totals []total
}

// total is what an accumulator has gathered.
type total struct {
	v    value
	n    int64
	list []value
	seen map[string]bool // of $addToSet
}

// parseGroup parses a $group. Groups come in the order of their first documents.
func parseGroup(arg value, now int64) (step, *failure) {
	if !isDocument(arg) {
		return nil, fail(15947, "a group's fields must be specified in an object")
	}
	if missing(field(arg.Data, "_id")) {
		return nil, fail(15955, "a group specification must include an _id")
	}
	id, f := parseExpr(field(arg.Data, "_id"))
	if f != nil {
		return nil, f
	}
	var accumulators []accumulator
	s := scan(arg.Data)
	for s.next() {
		if string(s.key) == "_id" {
			continue
		}
		a, f := parseAccumulator(s.key, s.value())
		if f != nil {
			return nil, f
		}
		accumulators = append(accumulators, a)
	}
	return func(docs [][]byte) ([][]byte, *failure) { return grouped(docs, id, accumulators, now) }, nil
}

func parseAccumulator(name []byte, v value) (accumulator, *failure) {
	a := accumulator{name: name}
	if !isOperators(v) {
		return a, fail(40234, "The field '%s' must be an accumulator object", name)
	}
	s := scan(v.Data)
	s.next()
	a.op = string(s.key)
	switch a.op {
	case "$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet":
		var f *failure
		a.expr, f = parseExpr(s.value())
		return a, f
	case "$count":
		a.op, a.expr = "$sum", constant(int32Value(1))
		return a, nil
	case "$mergeObjects", "$stdDevPop", "$stdDevSamp", "$top", "$bottom", "$topN", "$bottomN", "$firstN", "$lastN", "$maxN", "$minN", "$accumulator":
		return a, lacking("the accumulator %s", a.op)
	}
	return a, fail(15952, "unknown group operator '%s'", a.op)
}

func grouped(docs [][]byte, id expr, accumulators []accumulator, now int64) ([][]byte, *failure) {
	groups := map[string]*group{}
	var order []*group
	var buffer []byte
	sc := &scope{now: now}
	for _, doc := range docs {
		sc.root = doc
		v, f := id(sc)
		if f != nil {
			return nil, f
		}
		buffer = appendKey(buffer[:0], v)
		g := groups[string(buffer)]
		if g == nil {
			if missing(v) {
				v = nullValue()
			}
			g = &group{id: v, totals: make([]total, len(accumulators))}
			groups[string(buffer)] = g
			order = append(order, g)
		}
		for i := range accumulators {
			if f := g.totals[i].gather(&accumulators[i], sc); f != nil {
				return nil, f
			}
		}
	}
	all := make([][]byte, len(order))
	for i, g := range order {
		at, dst := begin(nil)
		dst = appendValue(dst, []byte("_id"), g.id)
		for j := range accumulators {
			dst = appendValue(dst, accumulators[j].name, g.totals[j].result(accumulators[j].op))
		}
		all[i] = finish(dst, at)
	}
	return all, nil
}

// gather takes in one document.
func (t *total) gather(a *accumulator, sc *scope) *failure {
	v, f := a.expr(sc)
	if f != nil {
		return f
	}
	switch a.op {
	case "$sum", "$avg":
		if class(v.Type) != classNumber {
			return nil
		}
		t.n++
		if missing(t.v) {
			t.v = int32Value(0)
		}
		t.v, f = add(t.v, v)
		return f
	case "$min", "$max":
		if absent(v) {
			return nil
		}
		if c := compare(v, t.v); missing(t.v) || c < 0 && a.op == "$min" || c > 0 && a.op == "$max" {
			t.v = v
		}
	case "$first":
		if t.n++; t.n == 1 {
			t.v = v
		}
	case "$last":
		t.v = v
	case "$push":
		if !missing(v) {
			t.list = append(t.list, v)
		}
	case "$addToSet":
		if key := string(appendKey(nil, v)); !missing(v) && !t.seen[key] {
			if t.seen == nil {
				t.seen = map[string]bool{}
			}
			t.seen[key] = true
			t.list = append(t.list, v)
		}
	}
	return nil
}

// result returns what was gathered.
func (t *total) result(op string) value {
	switch op {
	case "$sum":
		if missing(t.v) {
			return int32Value(0)
		}
	case "$avg":
		if t.n > 0 {
			return doubleValue(t.v.AsFloat64() / float64(t.n))
		}
		return nullValue()
	case "$push", "$addToSet":
		return arrayValue(bsoncore.BuildArray(nil, slices.Clone(t.list)...))
	}
	if missing(t.v) {
		return nullValue()
	}
	return t.v
}
