package mongotest

import (
	"bytes"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// match says whether a document is one that the filter asks for.
func (f *filter) match(doc []byte) bool {
	switch f.op {
	case "$and":
		for _, kid := range f.kids {
			if !kid.match(doc) {
				return false
			}
		}
		return true
	case "$or", "$nor":
		for _, kid := range f.kids {
			if kid.match(doc) {
				return f.op == "$or"
			}
		}
		return f.op == "$nor"
	case "$not":
		return !f.inner.match(doc)
	case "$expr":
		v, failed := f.expr(&scope{root: doc, now: f.now})
		return failed == nil && truthy(v)
	}
	if len(f.path) == 1 {
		return f.matchEnd(field(doc, f.path[0]))
	}
	return f.path.each(doc, f.matchEnd)
}

// matchEnd says whether what is at the end of the path fits: for most operators, an array
// fits if it fits itself or one of its elements does.
func (f *filter) matchEnd(v value) bool {
	switch f.op {
	case "$exists":
		return missing(v) != truthy(f.arg)
	case "$size":
		return isArray(v) && float64(len(values(v.Data))) == f.arg.AsFloat64()
	case "$elemMatch":
		return f.matchElements(v)
	case "$all":
		return f.matchAll(v)
	}
	if f.matchOne(v) {
		return true
	}
	if isArray(v) {
		s := scan(v.Data)
		for s.next() {
			if f.matchOne(s.value()) {
				return true
			}
		}
	}
	return false
}

// matchOne says whether one value fits.
func (f *filter) matchOne(v value) bool {
	switch f.op {
	case "$eq":
		return equal(v, f.arg)
	case "$in":
		return f.matchIn(v)
	case "$gt":
		return sameClass(v, f.arg) && compare(v, f.arg) > 0
	case "$gte":
		return sameClass(v, f.arg) && compare(v, f.arg) >= 0
	case "$lt":
		return sameClass(v, f.arg) && compare(v, f.arg) < 0
	case "$lte":
		return sameClass(v, f.arg) && compare(v, f.arg) <= 0
	case "$regex":
		return f.matchRegex(v)
	case "$type":
		return !missing(v) && bytes.IndexByte(f.types, byte(v.Type)) >= 0
	case "$mod":
		return class(v.Type) == classNumber && int64(v.AsFloat64())%int64(f.list[0].AsFloat64()) == int64(f.list[1].AsFloat64())
	}
	return false
}

// at sets what time $expr takes it to be, in ms, and returns the filter.
func (f *filter) at(now int64) *filter {
	f.now = now
	for _, kid := range f.kids {
		kid.at(now)
	}
	if f.inner != nil {
		f.inner.at(now)
	}
	return f
}

// sameClass says whether two values are of the same class: $gt and its kin find no others.
func sameClass(a, b value) bool { return class(a.Type) == class(b.Type) }

// equal says whether two values are equal to a query: numbers by value, and a field that
// is not there as null.
func equal(a, b value) bool {
	if a.Type == b.Type && bytes.Equal(a.Data, b.Data) {
		return true
	}
	if class(a.Type) != class(b.Type) || isText(a) {
		return false
	}
	return compare(a, b) == 0
}

func (f *filter) matchIn(v value) bool {
	if len(f.list) <= 4 {
		for _, element := range f.list {
			if equal(v, element) {
				return true
			}
		}
		return f.matchRegex(v)
	}
	if f.set == nil {
		f.buildSet()
	}
	var buffer [64]byte
	_, found := f.set[string(appendKey(buffer[:0], v))]
	return found || f.matchRegex(v)
}

// buildSet encodes the list of $in. A filter of one command does that when it first needs
// to; that of a partial index, which many readers share, when it is declared.
func (f *filter) buildSet() {
	f.set = make(map[string]struct{}, len(f.list))
	for _, element := range f.list {
		f.set[string(appendKey(nil, element))] = struct{}{}
	}
}

func (f *filter) matchRegex(v value) bool {
	if !isText(v) {
		return false
	}
	for _, re := range f.regexes {
		if re.Match(text(v)) {
			return true
		}
	}
	return false
}

func (f *filter) matchElements(v value) bool {
	if !isArray(v) {
		return false
	}
	s := scan(v.Data)
	for s.next() {
		switch {
		case f.bare:
			at, doc := begin(nil)
			if f.inner.match(finish(appendValue(doc, []byte(itself), s.value()), at)) {
				return true
			}
		case isDocument(s.value()) && f.inner.match(s.data):
			return true
		}
	}
	return false
}

func (f *filter) matchAll(v value) bool {
	for _, want := range f.list {
		one := &filter{op: "$eq", path: f.path, arg: want}
		if !one.matchEnd(v) {
			return false
		}
	}
	return len(f.list) > 0
}

// indexable says whether the filter may choose the documents of a partial index, and tells
// the index which fields it looks at.
func (f *filter) indexable(ix *index) *failure {
	for _, kid := range f.kids {
		switch kid.op {
		case "$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$type":
		case "$exists":
			if !truthy(kid.arg) {
				return fail(codeCannotCreateIndex, "Expression not supported in partial index: $not")
			}
		default:
			return fail(codeCannotCreateIndex, "Expression not supported in partial index: %s", kid.op)
		}
		ix.addHead(kid.path[0])
		kid.buildSet()
	}
	return nil
}

// implies says whether every document that f finds is one that the partial filter chooses.
func (f *filter) implies(partial *filter) bool {
	for _, needed := range partial.kids {
		if !f.impliesOne(needed) {
			return false
		}
	}
	return true
}

func (f *filter) impliesOne(needed *filter) bool {
	for _, kid := range f.kids {
		if kid.path == nil || strings.Join(kid.path, ".") != strings.Join(needed.path, ".") {
			continue
		}
		same := kid.op == needed.op && equal(kid.arg, needed.arg) && kid.op != "$in" && kid.op != "$type"
		switch {
		case same:
			return true
		case needed.op == "$exists" && kid.impliesExists():
			return true
		case kid.op == "$eq" && needed.op != "$exists" && !isArray(kid.arg) && needed.matchOne(kid.arg):
			return true
		}
	}
	return false
}

// impliesExists says whether what the predicate finds has the field.
func (f *filter) impliesExists() bool {
	switch f.op {
	case "$eq", "$gt", "$gte", "$lt", "$lte":
		return class(f.arg.Type) != classNull
	case "$exists":
		return truthy(f.arg)
	case "$in":
		for _, v := range f.list {
			if class(v.Type) == classNull {
				return false
			}
		}
		return true
	case "$regex", "$type", "$size", "$elemMatch":
		return f.op != "$type" || bytes.IndexByte(f.types, byte(bsoncore.TypeNull)) < 0
	}
	return false
}
