package mongotest

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

func idKey() []byte { return bsoncore.NewDocumentBuilder().AppendInt32("_id", 1).Build() }

func idSpec() []byte {
	return bsoncore.NewDocumentBuilder().AppendInt32("v", 2).AppendDocument("key", idKey()).AppendString("name", "_id_").Build()
}

// createIndexes builds indexes that are not there yet.
func createIndexes(r *request, dst []byte) ([]byte, *failure) {
	if f := r.target(); f != nil {
		return dst, f
	}
	list := r.get("indexes")
	specs := values(list.Data)
	if !isArray(list) || len(specs) == 0 {
		return dst, fail(codeBadValue, "Must specify at least one index to create")
	}
	var parsed []*index
	for _, spec := range specs {
		if !isDocument(spec) {
			return dst, fail(codeTypeMismatch, "The elements of the 'indexes' array must be objects")
		}
		ix, f := parseIndex(slices.Clone(spec.Data))
		if f != nil {
			return dst, f
		}
		parsed = append(parsed, ix)
	}
	c, made := r.srv.catalog.ensure(r.db, r.coll)
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.indexes)
	for _, ix := range parsed {
		if f := c.build(ix); f != nil {
			c.indexes = c.indexes[:before]
			return dst, f
		}
	}
	dst = bsoncore.AppendInt32Element(dst, "numIndexesBefore", int32(before+1))
	dst = bsoncore.AppendInt32Element(dst, "numIndexesAfter", int32(len(c.indexes)+1))
	dst = bsoncore.AppendBooleanElement(dst, "createdCollectionAutomatically", made)
	if before == len(c.indexes) {
		dst = bsoncore.AppendStringElement(dst, "note", "all indexes already exist")
	}
	return dst, nil
}

// build adds an index with all documents, unless it is there. mu held.
func (c *collection) build(ix *index) *failure {
	if sameValue(documentValue(ix.key), documentValue(idKey())) {
		return nil
	}
	for _, other := range c.indexes {
		there, f := ix.clash(other)
		if there || f != nil {
			return f
		}
	}
	for _, rec := range c.natural {
		if rec == nil {
			continue
		}
		keys, f := ix.appendKeys(nil, rec.raw, rec.seq)
		if f == nil {
			f = c.unique(ix, keys, rec)
		}
		if f != nil {
			return f
		}
		ix.add(keys, rec)
	}
	c.indexes = append(c.indexes, ix)
	return nil
}

// clash says whether an index is there already, or stands in the way of another.
func (ix *index) clash(other *index) (bool, *failure) {
	sameKey := sameValue(documentValue(ix.key), documentValue(other.key)) || equal(documentValue(ix.key), documentValue(other.key))
	samePartial := string(ix.partSrc) == string(other.partSrc)
	sameOptions := ix.unique == other.unique && ix.sparse == other.sparse && samePartial &&
		equal(field(ix.spec, "expireAfterSeconds"), field(other.spec, "expireAfterSeconds"))
	switch {
	case ix.name == other.name && sameKey && sameOptions:
		return true, nil
	case ix.name == other.name:
		return false, fail(codeIndexKeySpecsConflict, "An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: %s, existing index: %s", bsoncore.Document(ix.spec), bsoncore.Document(other.spec))
	case sameKey && samePartial && sameOptions:
		return false, fail(codeIndexOptionsConflict, "Index already exists with a different name: %s", other.name)
	case sameKey && samePartial && ix.sparse == other.sparse:
		return false, fail(codeIndexOptionsConflict, "An equivalent index already exists with a different name and options. Requested index: %s, existing index: %s", bsoncore.Document(ix.spec), bsoncore.Document(other.spec))
	}
	return false, nil
}

// show returns the index as listIndexes does.
func (ix *index) show() []byte {
	at, dst := begin(nil)
	dst = bsoncore.AppendInt32Element(dst, "v", 2)
	dst = bsoncore.AppendDocumentElement(dst, "key", ix.key)
	dst = bsoncore.AppendStringElement(dst, "name", ix.name)
	s := scan(ix.spec)
	for s.next() {
		switch string(s.key) {
		case "v", "key", "name", "ns":
		case "unique", "sparse", "background", "hidden":
			if truthy(s.value()) {
				dst = bsoncore.AppendBooleanElement(dst, string(s.key), true)
			}
		default:
			dst = append(dst, s.raw...)
		}
	}
	return finish(dst, at)
}

func listIndexes(r *request, dst []byte) ([]byte, *failure) {
	c := r.srv.catalog.get(r.db, r.coll)
	if c == nil {
		return dst, fail(codeNamespaceNotFound, "ns does not exist: %s.%s", r.db, r.coll)
	}
	c.mu.RLock()
	docs := [][]byte{idSpec()}
	for _, ix := range c.indexes {
		docs = append(docs, ix.show())
	}
	c.mu.RUnlock()
	return r.reply(dst, docs, c.namespace(), batchSize(field(r.get("cursor").Data, "batchSize")))
}

func dropIndexes(r *request, dst []byte) ([]byte, *failure) {
	c := r.srv.catalog.get(r.db, r.coll)
	if c == nil {
		return dst, fail(codeNamespaceNotFound, "ns not found %s.%s", r.db, r.coll)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.indexes)
	wanted := r.get("index")
	names := []value{wanted}
	switch {
	case isText(wanted) && string(text(wanted)) == "*":
		names, c.indexes = nil, nil
	case isArray(wanted):
		names = values(wanted.Data)
	}
	for _, name := range names {
		if f := c.dropIndex(name); f != nil {
			return dst, f
		}
	}
	return bsoncore.AppendInt32Element(dst, "nIndexesWas", int32(before+1)), nil
}

// dropIndex forgets an index, given by name or pattern. mu held.
func (c *collection) dropIndex(v value) *failure {
	if isText(v) && string(text(v)) == "_id_" || isDocument(v) && equal(v, documentValue(idKey())) {
		return fail(codeInvalidOptions, "cannot drop _id index")
	}
	at := slices.IndexFunc(c.indexes, func(ix *index) bool {
		return isText(v) && ix.name == string(text(v)) || isDocument(v) && equal(v, documentValue(ix.key))
	})
	if at < 0 {
		return fail(codeIndexNotFound, "index not found with name [%s]", strip(v))
	}
	c.indexes = slices.Delete(slices.Clone(c.indexes), at, at+1)
	return nil
}

// strip shows a string without quotes.
func strip(v value) string {
	if isText(v) {
		return string(text(v))
	}
	return shell(v)
}
