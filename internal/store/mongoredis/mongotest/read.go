package mongotest

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// query is what a read asks of a collection.
type query struct {
	filter      *filter
	sort        []sortKey
	hint        string
	skip, limit int // a limit of 0 is none
}

// docs returns the documents that a query finds, in its order, as they are at one point in
// time. c may be nil.
func (c *collection) docs(r *request, q query) ([][]byte, *failure) {
	if c == nil {
		return nil, nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, f := c.plan(q.filter, q.sort, q.hint)
	if f != nil {
		return nil, f
	}
	inOrder := len(q.sort) == 0 || p.sorted
	most := math.MaxInt
	if q.limit > 0 && inOrder {
		most = q.skip + q.limit
	}
	var found [][]byte
	looked := c.walk(p, func(rec *record) bool {
		found = append(found, rec.raw)
		return len(found) < most
	})
	r.srv.tally.add(Stats{Examined: int64(looked)})
	if !inOrder {
		sortBy(found, q.sort, func(doc []byte) []byte { return doc })
	}
	return q.cut(found), nil
}

// cut skips and limits.
func (q query) cut(docs [][]byte) [][]byte {
	docs = docs[min(q.skip, len(docs)):]
	if q.limit > 0 && q.limit < len(docs) {
		docs = docs[:q.limit]
	}
	return docs
}

// parseQuery reads the fields that reads have in common; the filter has different names.
func (r *request) parseQuery(c *collection, filterName string) (query, *failure) {
	q := query{}
	f := r.target()
	if f == nil {
		q.filter, f = r.filter(r.get(filterName))
	}
	if f == nil {
		q.sort, f = parseSort(r.get("sort"))
	}
	if hint := r.get("hint"); f == nil && !missing(hint) {
		if c != nil {
			c.mu.RLock()
			defer c.mu.RUnlock()
		}
		q.hint, f = c.hint(hint)
	}
	if f == nil {
		q.skip, f = r.natural("skip")
	}
	if f == nil {
		q.limit, f = r.natural("limit")
	}
	return q, f
}

// natural reads a number that may not be negative, and is 0 if it is not there.
func (r *request) natural(key string) (int, *failure) {
	v := r.get(key)
	if missing(v) {
		return 0, nil
	}
	n, ok := v.AsInt64OK()
	if !ok || n < 0 {
		return 0, fail(51024, "BSON field '%s' value must be >= 0, actual value '%s'", key, shell(v))
	}
	return int(n), nil
}

func find(r *request, dst []byte) ([]byte, *failure) {
	c := r.srv.catalog.get(r.db, r.coll)
	q, f := r.parseQuery(c, "filter")
	if f != nil {
		return dst, f
	}
	shows, f := parseProjection(r.get("projection"))
	if f != nil {
		return dst, f
	}
	docs, f := c.docs(r, q)
	if f != nil {
		return dst, f
	}
	if shows != nil {
		now := r.srv.now()
		for i := range docs {
			if docs[i], f = shows.apply(docs[i], now); f != nil {
				return dst, f
			}
		}
	}
	return r.reply(dst, docs, r.db+"."+r.coll, batchSize(r.get("batchSize")))
}

func count(r *request, dst []byte) ([]byte, *failure) {
	c := r.srv.catalog.get(r.db, r.coll)
	q, f := r.parseQuery(c, "query")
	if f != nil {
		return dst, f
	}
	if c != nil && len(q.filter.kids) == 0 {
		c.mu.RLock()
		n := len(c.byID) - min(q.skip, len(c.byID))
		c.mu.RUnlock()
		if q.limit > 0 {
			n = min(n, q.limit)
		}
		return bsoncore.AppendInt32Element(dst, "n", int32(n)), nil
	}
	docs, f := c.docs(r, q)
	return bsoncore.AppendInt32Element(dst, "n", int32(len(docs))), f
}

func distinct(r *request, dst []byte) ([]byte, *failure) {
	c := r.srv.catalog.get(r.db, r.coll)
	q, f := r.parseQuery(c, "query")
	if f != nil {
		return dst, f
	}
	key := r.get("key")
	if !isText(key) {
		return dst, fail(codeTypeMismatch, "BSON field 'distinct.key' is the wrong type '%s', expected type 'string'", key.Type)
	}
	docs, f := c.docs(r, q)
	if f != nil {
		return dst, f
	}
	p := parsePath(string(text(key)))
	seen := map[string]bool{}
	var found []value
	for _, doc := range docs {
		p.each(doc, func(v value) bool {
			all := []value{v}
			if isArray(v) {
				all = values(v.Data)
			}
			for _, v := range all {
				if k := string(appendKey(nil, v)); !missing(v) && !seen[k] {
					seen[k] = true
					found = append(found, v)
				}
			}
			return false
		})
	}
	return bsoncore.BuildArrayElement(dst, "values", found...), nil
}

// findAndModify changes or removes one document and returns it as it was or as it is.
func findAndModify(r *request, dst []byte) ([]byte, *failure) {
	st, remove, shows, f := r.parseFindAndModify()
	if f != nil {
		return dst, f
	}
	c := r.srv.catalog.get(r.db, r.coll)
	if c == nil && st.upsert {
		c, _ = r.srv.catalog.ensure(r.db, r.coll)
	}
	var before, after []byte
	var done Stats
	var id value
	if c != nil {
		c.mu.Lock()
		before, after, id, f = r.modify(c, st, remove, &done)
		c.mu.Unlock()
		r.srv.tally.add(done)
		if f != nil {
			return dst, f
		}
	}
	at, dst := bsoncore.AppendDocumentElementStart(dst, "lastErrorObject")
	n := int32(0)
	if before != nil || !missing(id) {
		n = 1
	}
	dst = bsoncore.AppendInt32Element(dst, "n", n)
	if !remove {
		dst = bsoncore.AppendBooleanElement(dst, "updatedExisting", before != nil)
	}
	if !missing(id) {
		dst = appendValue(dst, []byte("upserted"), id)
	}
	dst = finish(dst, int(at))
	shown := before
	if truthy(r.get("new")) {
		shown = after
	}
	if shown == nil {
		return bsoncore.AppendNullElement(dst, "value"), nil
	}
	if shown, f = shows.apply(shown, r.srv.now()); f != nil {
		return dst, f
	}
	return bsoncore.AppendDocumentElement(dst, "value", shown), nil
}

func (r *request) parseFindAndModify() (st updateStatement, remove bool, shows *projection, f *failure) {
	if f = r.target(); f == nil {
		st.filter, f = r.filter(r.get("query"))
	}
	if f == nil {
		st.sort, f = parseSort(r.get("sort"))
	}
	if f == nil {
		shows, f = parseProjection(r.get("fields"))
	}
	st.upsert = truthy(r.get("upsert"))
	remove = truthy(r.get("remove"))
	change := r.get("update")
	switch {
	case f != nil:
	case remove == !missing(change):
		f = fail(codeFailedToParse, "Either an update or remove=true must be specified, and not both")
	case remove && (st.upsert || truthy(r.get("new"))):
		f = fail(codeFailedToParse, "Cannot specify both upsert=true or new=true and remove=true")
	case !remove:
		st.update, f = parseUpdate(change)
	}
	return st, remove, shows, f
}

// modify changes the document that a findAndModify is for. c is locked. before is nil if
// there was none.
func (r *request) modify(c *collection, st updateStatement, remove bool, done *Stats) (before, after []byte, id value, f *failure) {
	if hint := r.get("hint"); !missing(hint) {
		if st.hint, f = c.hint(hint); f != nil {
			return nil, nil, id, f
		}
	}
	found, looked, f := c.pick(st.filter, st.sort, st.hint, true)
	done.Examined += int64(looked)
	switch {
	case f != nil:
		return nil, nil, id, f
	case len(found) == 0 && st.upsert:
		if id, f = r.change(c, st, done); f != nil {
			return nil, nil, value{}, f
		}
		return nil, c.byID[string(appendKey(nil, id))].raw, id, nil
	case len(found) == 0:
		return nil, nil, id, nil
	case remove:
		c.remove(found[0])
		done.Deleted++
		return found[0].raw, nil, id, nil
	}
	before = found[0].raw
	after, f = st.update.apply(before, false, r.srv.now())
	if f == nil && &after[0] != &before[0] {
		done.Modified++
		f = c.replace(found[0], after, st.update.touched)
	}
	done.Matched++
	return before, after, id, f
}
