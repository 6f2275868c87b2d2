package mongotest

import (
	"regexp"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// filter is a parsed query: a predicate over documents.
type filter struct {
	op      string    // $and, $or, $nor, $expr, or an operator on a field
	kids    []*filter // of $and, $or and $nor
	path    path      // of an operator on a field
	arg     value
	list    []value             // of $in and $all
	set     map[string]struct{} // of $in, encoded
	regexes []*regexp.Regexp    // of $regex and $in
	inner   *filter             // of $not and $elemMatch
	bare    bool                // $elemMatch: inner is on the element, not on its fields
	types   []byte              // of $type
	expr    expr                // of $expr
	now     int64               // of $expr, in ms
}

// itself is the path of an element that a bare $elemMatch looks at, wrapped in a document.
const itself = "_"

// parseFilter parses a query. What it returns refers to doc.
func parseFilter(doc []byte) (*filter, *failure) {
	all := &filter{op: "$and"}
	s := scan(doc)
	for s.next() {
		key := string(s.key)
		var kid *filter
		var f *failure
		switch {
		case key == "$comment":
			continue
		case key == "$expr":
			kid = &filter{op: key}
			kid.expr, f = parseExpr(s.value())
		case key == "$and" || key == "$or" || key == "$nor":
			kid, f = parseLogical(key, s.value())
		case strings.HasPrefix(key, "$"):
			f = unknownOperator("top level operator", key)
		default:
			f = parseField(all, parsePath(key), s.value())
		}
		if f != nil {
			return nil, f
		}
		if kid != nil {
			all.add(kid)
		}
	}
	return all, nil
}

func unknownOperator(what, name string) *failure {
	switch name {
	case "$where", "$text", "$jsonSchema", "$geoWithin", "$geoIntersects", "$near", "$nearSphere",
		"$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear", "$sampleRate":
		return lacking("the operator %s", name)
	}
	return fail(codeBadValue, "unknown %s: %s", what, name)
}

// add adds a predicate that must hold too. What is $and itself is taken apart, so that the
// planner sees all that must hold in one list.
func (f *filter) add(kid *filter) {
	if kid.op == "$and" {
		f.kids = append(f.kids, kid.kids...)
		return
	}
	f.kids = append(f.kids, kid)
}

func parseLogical(op string, v value) (*filter, *failure) {
	if !isArray(v) {
		return nil, fail(codeBadValue, "%s must be an array", op)
	}
	parsed := &filter{op: op}
	for _, element := range values(v.Data) {
		if !isDocument(element) {
			return nil, fail(codeBadValue, "%s argument's entries must be objects", op)
		}
		kid, f := parseFilter(element.Data)
		if f != nil {
			return nil, f
		}
		if op == "$and" {
			parsed.add(kid)
		} else {
			parsed.kids = append(parsed.kids, kid)
		}
	}
	if len(values(v.Data)) == 0 {
		return nil, fail(codeBadValue, "%s/$or/$nor must be a nonempty array", op)
	}
	return parsed, nil
}

// isOperators says whether a value is a document of operators.
func isOperators(v value) bool {
	if !isDocument(v) {
		return false
	}
	s := scan(v.Data)
	return s.next() && s.key != nil && len(s.key) > 0 && s.key[0] == '$' && string(s.key) != "$ref" && string(s.key) != "$id"
}

// parseField parses what is asked of a field, and adds it.
func parseField(to *filter, p path, v value) *failure {
	if !isOperators(v) {
		to.add(equality(p, v))
		return nil
	}
	s := scan(v.Data)
	for s.next() {
		op := string(s.key)
		if op == "$options" {
			if missing(field(v.Data, "$regex")) {
				return fail(codeBadValue, "$options needs a $regex")
			}
			continue
		}
		kid, f := parseOperator(p, op, s.value(), v.Data)
		if f != nil {
			return f
		}
		to.add(kid)
	}
	return nil
}

// equality is what a field with a value asks for.
func equality(p path, v value) *filter {
	if v.Type == bsoncore.TypeRegex {
		pattern, options := v.Regex()
		if re, err := compileRegex(pattern, options); err == nil {
			return &filter{op: "$regex", path: p, arg: v, regexes: []*regexp.Regexp{re}}
		}
	}
	return &filter{op: "$eq", path: p, arg: v}
}

// parseOperator parses one operator on a field; all is the document it stands in.
func parseOperator(p path, op string, v value, all []byte) (*filter, *failure) {
	parsed := &filter{op: op, path: p, arg: v}
	switch op {
	case "$eq", "$gt", "$gte", "$lt", "$lte", "$exists":
		return parsed, nil
	case "$ne":
		parsed.op = "$not"
		parsed.inner = &filter{op: "$eq", path: p, arg: v}
		return parsed, nil
	case "$in":
		return parsed, parsed.parseList(v)
	case "$nin":
		parsed.op = "$not"
		parsed.inner = &filter{op: "$in", path: p}
		return parsed, parsed.inner.parseList(v)
	case "$not":
		return parsed, parsed.parseNot(v)
	case "$regex":
		return parsed, parsed.parseRegex(v, field(all, "$options"))
	case "$elemMatch":
		return parsed, parsed.parseElemMatch(v)
	case "$all":
		if !isArray(v) {
			return nil, fail(codeBadValue, "$all needs an array")
		}
		parsed.list = values(v.Data)
		return parsed, nil
	case "$size":
		if class(v.Type) != classNumber || v.AsFloat64() < 0 {
			return nil, fail(codeBadValue, "Failed to parse $size. Expected a non-negative number")
		}
		return parsed, nil
	case "$mod":
		if !isArray(v) || len(values(v.Data)) != 2 {
			return nil, fail(codeBadValue, "malformed mod, needs to be an array of two numbers")
		}
		parsed.list = values(v.Data)
		if class(parsed.list[0].Type) != classNumber || class(parsed.list[1].Type) != classNumber || int64(parsed.list[0].AsFloat64()) == 0 {
			return nil, fail(codeBadValue, "malformed mod, divisor must be a number that is not 0")
		}
		return parsed, nil
	case "$type":
		return parsed, parsed.parseType(v)
	}
	return nil, unknownOperator("operator", op)
}

func (f *filter) parseList(v value) *failure {
	if !isArray(v) {
		return fail(codeBadValue, "%s needs an array", "$in")
	}
	s := scan(v.Data)
	for s.next() {
		element := s.value()
		if isOperators(element) {
			return fail(codeBadValue, "cannot nest $ under $in")
		}
		if element.Type == bsoncore.TypeRegex {
			pattern, options := element.Regex()
			re, err := compileRegex(pattern, options)
			if err != nil {
				return fail(codeBadValue, "Regular expression is invalid: %v", err)
			}
			f.regexes = append(f.regexes, re)
			continue
		}
		f.list = append(f.list, element)
	}
	return nil
}

func (f *filter) parseNot(v value) *failure {
	f.inner = &filter{op: "$and"}
	if v.Type == bsoncore.TypeRegex {
		f.inner = equality(f.path, v)
		return nil
	}
	if !isOperators(v) {
		return fail(codeBadValue, "$not needs a regex or a document with operators")
	}
	return parseField(f.inner, f.path, v)
}

func (f *filter) parseRegex(v, options value) *failure {
	var pattern, flags string
	switch {
	case v.Type == bsoncore.TypeRegex:
		pattern, flags = v.Regex()
	case isText(v):
		pattern = string(text(v))
	default:
		return fail(codeBadValue, "$regex has to be a string")
	}
	if isText(options) {
		flags = string(text(options))
	}
	re, err := compileRegex(pattern, flags)
	if err != nil {
		return fail(codeBadValue, "Regular expression is invalid: %v", err)
	}
	f.regexes = []*regexp.Regexp{re}
	return nil
}

// compileRegex compiles a pattern in Go's syntax, which simple ones share with PCRE.
func compileRegex(pattern, options string) (*regexp.Regexp, error) {
	if options != "" {
		pattern = "(?" + options + ")" + pattern
	}
	return regexp.Compile(pattern)
}

func (f *filter) parseElemMatch(v value) *failure {
	if !isDocument(v) {
		return fail(codeBadValue, "$elemMatch needs an Object")
	}
	var failed *failure
	s := scan(v.Data)
	first := s.next()
	if first && isOperators(v) && string(s.key) != "$and" && string(s.key) != "$or" && string(s.key) != "$nor" {
		f.bare = true
		f.inner = &filter{op: "$and"}
		return parseField(f.inner, path{itself}, v)
	}
	f.inner, failed = parseFilter(v.Data)
	return failed
}

func (f *filter) parseType(v value) *failure {
	all := []value{v}
	if isArray(v) {
		all = values(v.Data)
	}
	for _, t := range all {
		switch {
		case isText(t) && string(text(t)) == "number":
			f.types = append(f.types, byte(bsoncore.TypeInt32), byte(bsoncore.TypeInt64), byte(bsoncore.TypeDouble), byte(bsoncore.TypeDecimal128))
		case isText(t):
			alias := typeNamed(string(text(t)))
			if alias == 0 {
				return fail(codeBadValue, "Unknown type name alias: %s", text(t))
			}
			f.types = append(f.types, byte(alias))
		case class(t.Type) == classNumber:
			f.types = append(f.types, byte(int64(t.AsFloat64())))
		default:
			return fail(codeTypeMismatch, "type must be represented as a number or a string")
		}
	}
	return nil
}

// typeNamed returns the type with a name of MongoDB's, or 0.
func typeNamed(name string) bsoncore.Type { return typeAliases()[name] }

func typeAliases() map[string]bsoncore.Type {
	return map[string]bsoncore.Type{
		"double": bsoncore.TypeDouble, "string": bsoncore.TypeString, "object": bsoncore.TypeEmbeddedDocument,
		"array": bsoncore.TypeArray, "binData": bsoncore.TypeBinary, "objectId": bsoncore.TypeObjectID,
		"bool": bsoncore.TypeBoolean, "date": bsoncore.TypeDateTime, "null": bsoncore.TypeNull,
		"regex": bsoncore.TypeRegex, "int": bsoncore.TypeInt32, "timestamp": bsoncore.TypeTimestamp,
		"long": bsoncore.TypeInt64, "decimal": bsoncore.TypeDecimal128, "minKey": bsoncore.TypeMinKey, "maxKey": bsoncore.TypeMaxKey,
	}
}
