package mongotest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// update is a parsed change of a document: operators, a replacement, or a pipeline.
type update struct {
	root        *change  // of operators
	touched     []string // the fields at the top that they name
	replacement []byte
	stages      []stage
	scratch     []byte
}

// change is a node of the tree of paths that operators name. A leaf has an operator.
type change struct {
	key      string
	op       string
	arg      value
	cond     *filter // of $pull
	onInsert bool
	kids     []*change
}

// parseUpdate parses what an update does. What it returns refers to v.
func parseUpdate(v value) (*update, *failure) {
	switch {
	case isArray(v):
		stages, f := parseUpdatePipeline(v)
		return &update{stages: stages}, f
	case !isDocument(v):
		return nil, fail(codeFailedToParse, "Update argument must be either an object or an array")
	}
	s := scan(v.Data)
	if !s.next() || s.key == nil || len(s.key) == 0 || s.key[0] != '$' {
		return &update{replacement: v.Data}, replaceable(v.Data)
	}
	u := &update{root: &change{}}
	s = scan(v.Data)
	for s.next() {
		if f := u.parseOperator(string(s.key), s.value()); f != nil {
			return nil, f
		}
	}
	u.root.sort()
	for _, kid := range u.root.kids {
		u.touched = append(u.touched, kid.key)
	}
	return u, nil
}

// sort orders the tree by field names: a server adds new fields in that order.
func (ch *change) sort() {
	slices.SortFunc(ch.kids, func(a, b *change) int { return strings.Compare(a.key, b.key) })
	for _, kid := range ch.kids {
		kid.sort()
	}
}

// replaceable says what is wrong with a document as a whole new one.
func replaceable(doc []byte) *failure {
	s := scan(doc)
	for s.next() {
		if len(s.key) > 0 && s.key[0] == '$' {
			return fail(codeDollarPrefixedField, "The dollar ($) prefixed field '%s' in '%s' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.", s.key, s.key)
		}
	}
	return nil
}

func (u *update) parseOperator(op string, v value) *failure {
	switch op {
	case "$set", "$unset", "$inc", "$mul", "$max", "$min", "$push", "$pull", "$pop", "$addToSet", "$setOnInsert", "$currentDate":
	case "$rename", "$bit", "$pullAll":
		return lacking("the update operator %s", op)
	default:
		return fail(codeFailedToParse, "Unknown modifier: %s. Expected a valid update modifier or pipeline-style update specified as an array", op)
	}
	if !isDocument(v) {
		return fail(codeFailedToParse, "Modifiers operate on fields but we found type %s instead. For example: {$mod: {<field>: ...}} not {%s: %s}", v.Type, op, v)
	}
	s := scan(v.Data)
	for s.next() {
		leaf := &change{op: op, arg: s.value()}
		if op == "$setOnInsert" {
			leaf.op, leaf.onInsert = "$set", true
		}
		if f := leaf.check(string(s.key)); f != nil {
			return f
		}
		if f := u.root.place(parsePath(string(s.key)), leaf, string(s.key)); f != nil {
			return f
		}
	}
	return nil
}

// check says what is wrong with an operator's argument.
func (ch *change) check(name string) *failure {
	switch ch.op {
	case "$inc", "$mul":
		if class(ch.arg.Type) != classNumber {
			return fail(codeTypeMismatch, "Cannot %s with non-numeric argument: {%s: %s}", verb(ch.op), name, ch.arg)
		}
	case "$pop":
		if class(ch.arg.Type) != classNumber || ch.arg.AsFloat64() != 1 && ch.arg.AsFloat64() != -1 {
			return fail(codeFailedToParse, "$pop expects 1 or -1, found: %s", ch.arg)
		}
	case "$currentDate":
		kind := field(ch.arg.Data, "$type")
		if isDocument(ch.arg) && (!isText(kind) || string(text(kind)) != "date") {
			return lacking("$currentDate with %s", ch.arg)
		}
	case "$push", "$addToSet":
		return ch.checkEach()
	case "$pull":
		return ch.checkPull()
	}
	return nil
}

func verb(op string) string {
	if op == "$mul" {
		return "multiply"
	}
	return "increment"
}

// checkEach looks at the modifiers of $push and $addToSet.
func (ch *change) checkEach() *failure {
	if !isDocument(ch.arg) || missing(field(ch.arg.Data, "$each")) {
		return nil
	}
	s := scan(ch.arg.Data)
	for s.next() {
		switch key := string(s.key); {
		case key == "$each" && isArray(s.value()):
		case key == "$slice" && ch.op == "$push" && class(s.typ) == classNumber:
		case key == "$each" || key == "$slice":
			return fail(codeBadValue, "The argument to %s in %s has the wrong type: %s", key, ch.op, s.typ)
		case key == "$sort" || key == "$position":
			return lacking("%s of %s", key, ch.op)
		default:
			return fail(codeBadValue, "Unrecognized clause in %s: %s", ch.op, key)
		}
	}
	return nil
}

func (ch *change) checkPull() *failure {
	var f *failure
	switch {
	case isOperators(ch.arg):
		ch.cond = &filter{op: "$and"}
		f = parseField(ch.cond, path{itself}, ch.arg)
	case isDocument(ch.arg):
		ch.cond, f = parseFilter(ch.arg.Data)
	}
	return f
}

// place puts an operator at its path below the node.
func (ch *change) place(p path, leaf *change, full string) *failure {
	key := p[0]
	if key == "" {
		return fail(56, "The update path '%s' contains an empty field name, which is not allowed.", full)
	}
	if key[0] == '$' {
		return lacking("positional operators and dollar names in update paths: %s", full)
	}
	at := ch.find([]byte(key))
	found := at >= 0
	if len(p) == 1 {
		if found {
			return fail(codeConflictingUpdates, "Updating the path '%s' would create a conflict at '%s'", full, full)
		}
		leaf.key = key
		ch.kids = append(ch.kids, leaf)
		return nil
	}
	if !found {
		at = len(ch.kids)
		ch.kids = append(ch.kids, &change{key: key})
	}
	if ch.kids[at].op != "" {
		return fail(codeConflictingUpdates, "Updating the path '%s' would create a conflict at '%s'", full, strings.TrimSuffix(full, "."+p[1:].String()))
	}
	return ch.kids[at].place(p[1:], leaf, full)
}

// applying is one application of an update.
type applying struct {
	inserts bool // an upsert's new document
	stage   bool // of a pipeline, which would walk into arrays
	now     int64
	changed bool
}

// apply returns the document after the update: doc itself if nothing changes.
func (u *update) apply(doc []byte, inserts bool, now int64) ([]byte, *failure) {
	if u.root != nil {
		return u.operate(doc, inserts, now)
	}
	var after []byte
	switch {
	case u.replacement != nil:
		after = withID(u.replacement, field(doc, "_id"))
	default:
		after = doc
		for _, st := range u.stages {
			var f *failure
			if after, f = st.apply(after, now); f != nil {
				return doc, f
			}
		}
		after = withID(after, field(doc, "_id"))
	}
	if !inserts {
		if f := sameID(doc, after); f != nil {
			return doc, f
		}
	}
	if bytes.Equal(after, doc) {
		return doc, nil
	}
	return after, nil
}

// operate is apply for operators.
func (u *update) operate(doc []byte, inserts bool, now int64) ([]byte, *failure) {
	a := applying{inserts: inserts, now: now}
	after, f := a.fields(u.root, u.scratch[:0], doc, false)
	u.scratch = after
	if f != nil || !a.changed {
		return doc, f
	}
	if !inserts && slices.Contains(u.touched, "_id") {
		if sameID(doc, after) != nil {
			return doc, fail(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
		}
	}
	return slices.Clone(after), nil
}

// sameID makes sure that an update leaves _id alone.
func sameID(before, after []byte) *failure {
	if id := field(after, "_id"); !equal(id, field(before, "_id")) {
		return fail(codeImmutableField, "After applying the update, the (immutable) field '_id' was found to have been altered to _id: %s", shell(id))
	}
	return nil
}

// withID returns a copy of a document with _id as its first field: its own if it has one,
// the given one otherwise.
func withID(doc []byte, id value) []byte {
	if own := field(doc, "_id"); !missing(own) {
		id = own
	}
	at, dst := begin(make([]byte, 0, len(doc)+len(id.Data)+5))
	if !missing(id) {
		dst = appendValue(dst, []byte("_id"), id)
	}
	s := scan(doc)
	for s.next() {
		if string(s.key) != "_id" {
			dst = append(dst, s.raw...)
		}
	}
	return finish(dst, at)
}

// fields appends a document, or an array, as it is after the changes below ch.
func (a *applying) fields(ch *change, dst, doc []byte, array bool) ([]byte, *failure) {
	at, dst := begin(dst)
	var buffer [16]bool
	done := buffer[:]
	if len(ch.kids) > len(done) {
		done = make([]bool, len(ch.kids))
	}
	n := 0
	s := scan(doc)
	for ; s.next(); n++ {
		kid := ch.find(s.key)
		if kid < 0 {
			dst = append(dst, s.raw...)
			continue
		}
		done[kid] = true
		var f *failure
		if dst, f = a.one(ch.kids[kid], dst, s.value(), array); f != nil {
			return dst, f
		}
	}
	for i, kid := range ch.kids {
		if done[i] {
			continue
		}
		var f *failure
		if array {
			dst, n, f = a.pad(kid, dst, n)
		} else {
			dst, f = a.one(kid, dst, value{}, false)
		}
		if f != nil {
			return dst, f
		}
	}
	return finish(dst, at), nil
}

// find returns which kid has a key, or -1.
func (ch *change) find(key []byte) int {
	for i, kid := range ch.kids {
		if kid.key == string(key) {
			return i
		}
	}
	return -1
}

// pad appends an element past the end of an array of n, with nulls in between.
func (a *applying) pad(kid *change, dst []byte, n int) ([]byte, int, *failure) {
	index, err := strconv.Atoi(kid.key)
	if err != nil || index < 0 || index > 100_000 {
		return dst, n, fail(codePathNotViable, "Cannot create field '%s' in an array", kid.key)
	}
	if kid.op == "$unset" {
		return dst, n, nil
	}
	for ; n < index; n++ {
		dst = appendValue(dst, strconv.AppendInt(nil, int64(n), 10), nullValue())
	}
	dst, f := a.one(kid, dst, value{}, false)
	return dst, index + 1, f
}

// one appends a field as it is after its change; old is missing if it is new. In an array,
// what is taken away leaves null.
func (a *applying) one(ch *change, dst []byte, old value, array bool) ([]byte, *failure) {
	if ch.op == "" {
		return a.below(ch, dst, old)
	}
	now, f := a.operate(ch, old)
	if f != nil {
		return dst, f
	}
	if missing(now) && array {
		now = nullValue()
	}
	if !sameValue(now, old) {
		a.changed = true
	}
	if missing(now) {
		return dst, nil
	}
	return appendValue(dst, []byte(ch.key), now), nil
}

// below appends a field in which something changes.
func (a *applying) below(ch *change, dst []byte, old value) ([]byte, *failure) {
	switch {
	case isArray(old) && a.stage:
		return dst, lacking("a pipeline that changes what is inside the array %s", ch.key)
	case missing(old) && !ch.creates(a.inserts):
		return dst, nil
	case missing(old):
		old = documentValue([]byte(emptyDocument))
	case !isDocument(old) && !isArray(old):
		if !ch.creates(a.inserts) {
			return appendValue(dst, []byte(ch.key), old), nil
		}
		return dst, fail(codePathNotViable, "Cannot create field '%s' in element {%s: %s}", ch.kids[0].key, ch.key, shell(old))
	}
	dst = append(append(append(dst, byte(old.Type)), ch.key...), 0)
	return a.fields(ch, dst, old.Data, isArray(old))
}

// creates says whether any operator below makes a field that is not there.
func (ch *change) creates(inserts bool) bool {
	if ch.op != "" {
		return ch.op != "$unset" && ch.op != "$pull" && ch.op != "$pop" && (!ch.onInsert || inserts)
	}
	return slices.ContainsFunc(ch.kids, func(kid *change) bool { return kid.creates(inserts) })
}

// operate returns a field's value after its operator.
func (a *applying) operate(ch *change, old value) (value, *failure) {
	if ch.onInsert && !a.inserts {
		return old, nil
	}
	switch ch.op {
	case "$set":
		return ch.arg, nil
	case "$unset":
		return value{}, nil
	case "$currentDate":
		return dateValue(a.now), nil
	case "$inc", "$mul":
		return ch.calculate(old)
	case "$max", "$min":
		if missing(old) {
			return ch.arg, nil
		}
		if c := compare(ch.arg, old); c > 0 && ch.op == "$max" || c < 0 && ch.op == "$min" {
			return ch.arg, nil
		}
		return old, nil
	}
	if !missing(old) && !isArray(old) {
		if ch.op == "$push" || ch.op == "$addToSet" {
			return old, fail(codeBadValue, "The field '%s' must be an array but is of type %s", ch.key, old.Type)
		}
		return old, fail(codeBadValue, "Cannot apply %s to a non-array value", ch.op)
	}
	return ch.elements(old)
}

func (ch *change) calculate(old value) (value, *failure) {
	if missing(old) {
		old = int32Value(0)
	}
	if class(old.Type) != classNumber {
		return old, fail(codeTypeMismatch, "Cannot apply %s to a value of non-numeric type. {%s: %s}", ch.op, ch.key, shell(old))
	}
	if ch.op == "$mul" {
		return multiply(old, ch.arg)
	}
	return add(old, ch.arg)
}

// elements returns an array after an operator on arrays.
func (ch *change) elements(old value) (value, *failure) {
	if missing(old) && (ch.op == "$pull" || ch.op == "$pop") {
		return old, nil
	}
	all := values(old.Data)
	switch ch.op {
	case "$push":
		all = append(all, ch.each()...)
		if slice := ch.slice(); !missing(slice) {
			all = cut(all, int(slice.AsFloat64()))
		}
	case "$addToSet":
		for _, v := range ch.each() {
			if !slices.ContainsFunc(all, func(have value) bool { return equal(have, v) }) {
				all = append(all, v)
			}
		}
	case "$pop":
		if len(all) > 0 && ch.arg.AsFloat64() > 0 {
			all = all[:len(all)-1]
		} else if len(all) > 0 {
			all = all[1:]
		}
	case "$pull":
		all = slices.DeleteFunc(all, ch.pulls)
	}
	return arrayValue(bsoncore.BuildArray(nil, all...)), nil
}

// each returns what $push or $addToSet adds.
func (ch *change) each() []value {
	if isDocument(ch.arg) {
		if each := field(ch.arg.Data, "$each"); !missing(each) {
			return values(each.Data)
		}
	}
	return []value{ch.arg}
}

func (ch *change) slice() value {
	if !isDocument(ch.arg) || missing(field(ch.arg.Data, "$each")) {
		return value{}
	}
	return field(ch.arg.Data, "$slice")
}

// cut keeps the first n values, or the last -n.
func cut(all []value, n int) []value {
	switch {
	case n >= 0:
		return all[:min(n, len(all))]
	case -n < len(all):
		return all[len(all)+n:]
	}
	return all
}

// pulls says whether $pull takes an element away.
func (ch *change) pulls(v value) bool {
	switch {
	case ch.cond == nil:
		return equal(v, ch.arg)
	case isOperators(ch.arg):
		at, doc := begin(nil)
		return ch.cond.match(finish(appendValue(doc, []byte(itself), v), at))
	}
	return isDocument(v) && ch.cond.match(v.Data)
}
