package mongotest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxDocument is how long a document may be, in bytes.
const maxDocument = 16 << 20

// record is a document in its collection.
type record struct {
	id  string // _id, encoded
	seq uint64 // unique in the collection
	pos int    // in the natural order
	raw []byte // never changed, only replaced
}

// collection holds documents and their indexes.
type collection struct {
	db, name string
	uuid     [16]byte
	journal  *journal

	mu      sync.RWMutex // guards all below
	byID    map[string]*record
	ids     *tree
	natural []*record // in the order of insertion, with nil where one was removed
	seq     uint64
	indexes []*index // beside that of _id
	keys    []string // of the document that is inserted, for all indexes
	ends    []int    // of each index's keys
}

func newCollection(db, name string, uuid [16]byte, j *journal) *collection {
	return &collection{db: db, name: name, uuid: uuid, journal: j, byID: map[string]*record{}, ids: newTree()}
}

func (c *collection) namespace() string { return c.db + "." + c.name }

// insert adds a document, which it keeps. mu held.
func (c *collection) insert(raw []byte) *failure {
	id := field(raw, "_id")
	if f := checkDocument(raw, id); f != nil {
		return f
	}
	var buffer [64]byte
	rec := &record{id: string(appendKey(buffer[:0], id)), raw: raw, pos: len(c.natural)}
	if c.byID[rec.id] != nil {
		return c.duplicate(c.idIndex(), []value{id})
	}
	c.seq++
	rec.seq = c.seq
	keys, ends := c.keys[:0], c.ends[:0]
	for _, ix := range c.indexes {
		at := len(keys)
		var f *failure
		if keys, f = ix.appendKeys(keys, raw, rec.seq); f != nil {
			return f
		}
		if f := c.unique(ix, keys[at:], rec); f != nil {
			return f
		}
		ends = append(ends, len(keys))
	}
	at := 0
	for i, ix := range c.indexes {
		ix.add(keys[at:ends[i]], rec)
		at = ends[i]
	}
	c.keys, c.ends = keys, ends
	c.byID[rec.id] = rec
	c.ids.insert(rec.id, rec)
	c.natural = append(c.natural, rec)
	c.journal.note(c, nil, raw)
	return nil
}

// replace gives a record another document with the same _id. touched are the fields at the
// top that may differ; nil is all. mu held.
func (c *collection) replace(rec *record, raw []byte, touched []string) *failure {
	if len(raw) > maxDocument {
		return fail(codeDocumentTooLarge, "Resulting document after update is larger than %d", maxDocument)
	}
	type change struct {
		ix      *index
		old, to []string
	}
	var buffer [4]change
	changes := buffer[:0]
	for _, ix := range c.indexes {
		if ix.untouched(rec.raw, raw, touched) {
			continue
		}
		to, f := ix.appendKeys(nil, raw, rec.seq)
		if f != nil {
			return f
		}
		if f := c.unique(ix, to, rec); f != nil {
			return f
		}
		old, _ := ix.appendKeys(nil, rec.raw, rec.seq)
		changes = append(changes, change{ix, old, to})
	}
	for _, ch := range changes {
		ch.ix.drop(ch.old)
		ch.ix.add(ch.to, rec)
	}
	before := rec.raw
	rec.raw = raw
	c.journal.note(c, before, raw)
	return nil
}

// remove takes a record away. mu held.
func (c *collection) remove(rec *record) {
	for _, ix := range c.indexes {
		keys, _ := ix.appendKeys(nil, rec.raw, rec.seq)
		ix.drop(keys)
	}
	delete(c.byID, rec.id)
	c.ids.remove(rec.id)
	c.natural[rec.pos] = nil
	if len(c.natural) > 64 && len(c.natural) > 2*len(c.byID) {
		c.compact()
	}
	c.journal.note(c, rec.raw, nil)
}

// compact closes the gaps in the natural order. mu held.
func (c *collection) compact() {
	c.natural = slices.DeleteFunc(c.natural, func(rec *record) bool { return rec == nil })
	for i, rec := range c.natural {
		rec.pos = i
	}
}

// unique finds another record with one of the keys in a unique index. mu held.
func (c *collection) unique(ix *index, keys []string, rec *record) *failure {
	if !ix.unique {
		return nil
	}
	for _, key := range keys {
		value := key[:len(key)-seqLength]
		if other := ix.holder(value); other != nil && other != rec {
			return c.duplicate(ix, ix.parts(other.raw, value))
		}
	}
	return nil
}

// duplicate is the failure of a second document with the same key, given by its values.
func (c *collection) duplicate(ix *index, vals []value) *failure {
	pattern, patterns := bsoncore.AppendDocumentElementStart(nil, "keyPattern")
	at, shown := bsoncore.AppendDocumentElementStart(nil, "keyValue")
	parts := make([]string, len(vals))
	for i, v := range vals {
		name := ix.paths[i].String()
		if missing(v) {
			v = nullValue()
		}
		direction := int32(1)
		if ix.desc[i] {
			direction = -1
		}
		patterns = bsoncore.AppendInt32Element(patterns, name, direction)
		shown = appendValue(shown, []byte(name), v)
		parts[i] = name + ": " + shell(v)
	}
	return &failure{
		code:    codeDuplicateKey,
		message: fmt.Sprintf("E11000 duplicate key error collection: %s index: %s dup key: { %s }", c.namespace(), ix.name, strings.Join(parts, ", ")),
		extra:   append(finish(patterns, int(pattern)), finish(shown, int(at))...),
	}
}

// shell shows a value as the server's messages do.
func shell(v value) string {
	switch v.Type {
	case bsoncore.TypeInt32, bsoncore.TypeInt64:
		return strconv.FormatInt(v.AsInt64(), 10)
	case bsoncore.TypeObjectID:
		return fmt.Sprintf("ObjectId('%x')", v.Data)
	case bsoncore.TypeDateTime:
		return fmt.Sprintf("new Date(%d)", v.DateTime())
	case bsoncore.TypeNull, 0:
		return "null"
	}
	return v.String()
}

// checkDocument says what is wrong with a document that is to be stored.
func checkDocument(raw []byte, id value) *failure {
	switch {
	case len(raw) > maxDocument:
		return fail(codeBadValue, "object to insert too large. size in bytes: %d, max size: %d", len(raw), maxDocument)
	case isArray(id), id.Type == bsoncore.TypeRegex, id.Type == bsoncore.TypeUndefined:
		return fail(codeBadValue, "The '_id' value cannot be of type %s", id.Type)
	}
	return nil
}
