package mongotest

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// index10 is the key of an array's element.
func index10(i int) string { return strconv.Itoa(i) }

// statements returns the list of a write: from a sequence, or from the body.
func (r *request) statements(name string) ([][]byte, *failure) {
	docs, ok := r.sequences[name]
	if !ok {
		list := r.get(name)
		if !isArray(list) {
			return nil, fail(40414, "BSON field '%s.%s' is missing but a required field", r.name, name)
		}
		for _, v := range values(list.Data) {
			if !isDocument(v) {
				return nil, fail(codeTypeMismatch, "BSON field '%s.%s.%d' is the wrong type '%s', expected type 'object'", r.name, name, len(docs), v.Type)
			}
			docs = append(docs, v.Data)
		}
	}
	if len(docs) == 0 || len(docs) > maxBatch {
		return nil, fail(16, "Write batch sizes must be between 1 and %d. Got %d operations.", maxBatch, len(docs))
	}
	return docs, r.target()
}

// maxBatch is how many statements one command may have.
const maxBatch = 100_000

// ordered says whether a write ends with its first statement that fails.
func (r *request) ordered() bool {
	v := r.get("ordered")
	return missing(v) || truthy(v)
}

// writeErrors collects the statements of a write that failed.
type writeErrors struct {
	encoded []byte
	n       int
}

func (e *writeErrors) add(index int, f *failure) {
	at, dst := bsoncore.AppendDocumentElementStart(e.encoded, index10(e.n))
	dst = bsoncore.AppendInt32Element(dst, "index", int32(index))
	dst = bsoncore.AppendInt32Element(dst, "code", f.code)
	dst = append(dst, f.extra...)
	dst = bsoncore.AppendStringElement(dst, "errmsg", f.message)
	e.encoded = finish(dst, int(at))
	e.n++
}

// append appends the errors to an answer, if there are any.
func (e *writeErrors) append(dst []byte) []byte {
	if e.n == 0 {
		return dst
	}
	at, dst := bsoncore.AppendArrayElementStart(dst, "writeErrors")
	return finish(append(dst, e.encoded...), int(at))
}

// insert adds documents.
func insert(r *request, dst []byte) ([]byte, *failure) {
	docs, f := r.statements("documents")
	if f != nil {
		return dst, f
	}
	c, _ := r.srv.catalog.ensure(r.db, r.coll)
	var errs writeErrors
	inserted := int32(0)
	c.mu.Lock()
	for i, doc := range docs {
		if f := c.insert(stored(doc)); f != nil {
			errs.add(i, f)
			if r.ordered() {
				break
			}
			continue
		}
		inserted++
	}
	c.mu.Unlock()
	r.srv.tally.add(Stats{Inserted: int64(inserted)})
	return errs.append(bsoncore.AppendInt32Element(dst, "n", inserted)), nil
}

// stored returns a copy of a document as it is kept: _id first, made if it has none.
func stored(doc []byte) []byte {
	s := scan(doc)
	if s.next() && string(s.key) == "_id" {
		return slices.Clone(doc)
	}
	return withID(doc, newObjectID())
}

func newObjectID() value {
	return value{Type: bsoncore.TypeObjectID, Data: random(12)}
}

// updateStatement is one statement of an update.
type updateStatement struct {
	filter        *filter
	update        *update
	multi, upsert bool
	sort          []sortKey
	hint          string
}

func updateCommand(r *request, dst []byte) ([]byte, *failure) {
	docs, f := r.statements("updates")
	if f != nil {
		return dst, f
	}
	c := r.srv.catalog.get(r.db, r.coll)
	var errs writeErrors
	var upserted []byte
	upserts := 0
	done := Stats{}
	if c != nil {
		c.mu.Lock()
	}
	for i, doc := range docs {
		st, f := r.parseStatement(c, doc)
		if f == nil && c == nil && st.upsert {
			c, _ = r.srv.catalog.ensure(r.db, r.coll)
			c.mu.Lock()
		}
		var id value
		if f == nil && c != nil {
			id, f = r.change(c, st, &done)
		}
		if f != nil {
			errs.add(i, f)
			if r.ordered() {
				break
			}
			continue
		}
		if !missing(id) {
			at, b := bsoncore.AppendDocumentElementStart(upserted, index10(upserts))
			b = appendValue(bsoncore.AppendInt32Element(b, "index", int32(i)), []byte("_id"), id)
			upserted = finish(b, int(at))
			upserts++
		}
	}
	if c != nil {
		c.mu.Unlock()
	}
	r.srv.tally.add(done)
	dst = bsoncore.AppendInt32Element(dst, "n", int32(done.Matched)+int32(upserts))
	dst = bsoncore.AppendInt32Element(dst, "nModified", int32(done.Modified))
	if upserts > 0 {
		at, b := bsoncore.AppendArrayElementStart(dst, "upserted")
		dst = finish(append(b, upserted...), int(at))
	}
	return errs.append(dst), nil
}

func (r *request) parseStatement(c *collection, doc []byte) (updateStatement, *failure) {
	st := updateStatement{}
	s := scan(doc)
	for s.next() {
		v := s.value()
		var f *failure
		switch key := string(s.key); key {
		case "q":
			if !isDocument(v) {
				return st, fail(codeTypeMismatch, "BSON field 'update.updates.q' is the wrong type '%s', expected type 'object'", v.Type)
			}
			st.filter, f = r.filter(v)
		case "u":
			st.update, f = parseUpdate(v)
		case "multi":
			st.multi = truthy(v)
		case "upsert":
			st.upsert = truthy(v)
		case "hint":
			st.hint, f = c.hint(v)
		case "sort":
			st.sort, f = parseSort(v)
		case "collation", "arrayFilters", "c", "upsertSupplied":
			f = lacking("the option %s of update", key)
		default:
			f = fail(codeUnknownField, "BSON field 'update.updates.%s' is an unknown field.", key)
		}
		if f != nil {
			return st, f
		}
	}
	switch {
	case st.filter == nil || st.update == nil:
		return st, fail(40414, "BSON field 'update.updates.q' or 'update.updates.u' is missing but a required field")
	case st.multi && st.update.replacement != nil:
		return st, fail(codeFailedToParse, "multi update is not supported for replacement-style update")
	case st.multi && !missing(r.get("txnNumber")):
		return st, fail(codeInvalidOptions, "Cannot use (or request) retryable writes with multi=true")
	}
	return st, nil
}

// change applies one statement. It returns the _id of a document that it had to insert.
// The collection is locked.
func (r *request) change(c *collection, st updateStatement, done *Stats) (value, *failure) {
	found, looked, f := c.pick(st.filter, st.sort, st.hint, !st.multi)
	done.Examined += int64(looked)
	if f != nil {
		return value{}, f
	}
	now := r.srv.now()
	if len(found) == 0 && st.upsert {
		doc, f := st.newDocument(now)
		if f == nil {
			f = c.insert(doc)
		}
		if f != nil {
			return value{}, f
		}
		done.Inserted++
		return field(doc, "_id"), nil
	}
	for _, rec := range found {
		after, f := st.update.apply(rec.raw, false, now)
		if f != nil {
			return value{}, f
		}
		if &after[0] != &rec.raw[0] {
			if f := c.replace(rec, after, st.update.touched); f != nil {
				return value{}, f
			}
			done.Modified++
		}
		done.Matched++
	}
	return value{}, nil
}

// pick returns the records that a write is for, and how many it looked at. mu held.
func (c *collection) pick(f *filter, order []sortKey, hint string, one bool) ([]*record, int, *failure) {
	p, failed := c.plan(f, order, hint)
	if failed != nil {
		return nil, 0, failed
	}
	var found []*record
	if p.byID && !one {
		found = make([]*record, 0, len(p.ids))
	}
	first := one && (len(order) == 0 || p.sorted)
	looked := c.walk(p, func(rec *record) bool {
		found = append(found, rec)
		return !first
	})
	if one && len(found) > 1 {
		sortBy(found, order, func(rec *record) []byte { return rec.raw })
		found = found[:1]
	}
	return found, looked, nil
}

// hint returns the name of the index that a hint means.
func (c *collection) hint(v value) (string, *failure) {
	if isText(v) {
		return string(text(v)), nil
	}
	if !isDocument(v) {
		return "", fail(codeFailedToParse, "Hint must be a string or an object")
	}
	if !missing(field(v.Data, natural)) || c == nil || len(v.Data) == len(emptyDocument) {
		return "", nil
	}
	if equal(v, documentValue(idKey())) {
		return "_id_", nil
	}
	for _, ix := range c.indexes {
		if equal(v, documentValue(ix.key)) {
			return ix.name, nil
		}
	}
	return "", fail(codeBadValue, "error processing query: planner returned error: hint provided does not correspond to an existing index")
}

// newDocument returns what an upsert inserts: what the filter says must be equal, changed
// by the update.
func (st updateStatement) newDocument(now int64) ([]byte, *failure) {
	seed := &change{}
	for _, kid := range st.filter.kids {
		if kid.op != "$eq" || st.update.replacement != nil && kid.path.String() != "_id" {
			continue
		}
		leaf := &change{op: "$set", arg: kid.arg}
		if f := seed.place(kid.path, leaf, kid.path.String()); f != nil {
			return nil, fail(codeNotSingleValueField, "cannot infer query fields to set, path '%s' is matched twice", kid.path)
		}
	}
	doc, f := (&applying{inserts: true, now: now}).fields(seed, nil, []byte(emptyDocument), false)
	if f != nil {
		return nil, f
	}
	after, f := st.update.apply(doc, true, now)
	if f != nil {
		return nil, f
	}
	if seeded := field(doc, "_id"); !missing(seeded) && !equal(seeded, field(after, "_id")) {
		return nil, fail(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
	}
	if missing(field(after, "_id")) {
		return withID(after, newObjectID()), nil
	}
	return withID(after, value{}), nil
}

func deleteCommand(r *request, dst []byte) ([]byte, *failure) {
	docs, f := r.statements("deletes")
	if f != nil {
		return dst, f
	}
	c := r.srv.catalog.get(r.db, r.coll)
	var errs writeErrors
	done := Stats{}
	if c != nil {
		c.mu.Lock()
	}
	for i, doc := range docs {
		if f := r.deleteOne(c, doc, &done); f != nil {
			errs.add(i, f)
			if r.ordered() {
				break
			}
		}
	}
	if c != nil {
		c.mu.Unlock()
	}
	r.srv.tally.add(done)
	return errs.append(bsoncore.AppendInt32Element(dst, "n", int32(done.Deleted))), nil
}

// deleteOne executes one statement. The collection is locked, if there is one.
func (r *request) deleteOne(c *collection, doc []byte, done *Stats) *failure {
	var wanted *filter
	hint := ""
	limit := -1
	s := scan(doc)
	for s.next() {
		v := s.value()
		var f *failure
		switch key := string(s.key); key {
		case "q":
			wanted, f = r.filter(v)
		case "limit":
			limit = int(v.AsInt64())
		case "hint":
			hint, f = c.hint(v)
		case "collation":
			f = lacking("the option %s of delete", key)
		default:
			f = fail(codeUnknownField, "BSON field 'delete.deletes.%s' is an unknown field.", key)
		}
		if f != nil {
			return f
		}
	}
	if wanted == nil || limit != 0 && limit != 1 {
		return fail(codeFailedToParse, "The limit field in delete objects must be 0 or 1, and q must be there. Got %d", limit)
	}
	if limit == 0 && !missing(r.get("txnNumber")) {
		return fail(codeInvalidOptions, "Cannot use (or request) retryable writes with limit=0")
	}
	if c == nil {
		return nil
	}
	found, looked, f := c.pick(wanted, nil, hint, limit == 1)
	done.Examined += int64(looked)
	for _, rec := range found {
		c.remove(rec)
		done.Deleted++
	}
	return f
}
