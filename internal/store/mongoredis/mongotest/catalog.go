package mongotest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// catalog holds the collections of all databases.
type catalog struct {
	journal journal

	mu  sync.RWMutex // guards dbs
	dbs map[string]map[string]*collection
}

// get returns a collection, or nil.
func (c *catalog) get(db, name string) *collection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.dbs[db][name]
}

// ensure returns a collection, which it creates if needed, and whether it did.
func (c *catalog) ensure(db, name string) (*collection, bool) {
	if found := c.get(db, name); found != nil {
		return found, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.dbs[db][name]; found != nil {
		return found, false
	}
	if c.dbs == nil {
		c.dbs = map[string]map[string]*collection{}
	}
	if c.dbs[db] == nil {
		c.dbs[db] = map[string]*collection{}
	}
	made := newCollection(db, name, [16]byte(random(16)), &c.journal)
	c.dbs[db][name] = made
	return made, true
}

// drop forgets a collection and says whether there was one.
func (c *catalog) drop(db, name string) *collection {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.dbs[db][name]
	delete(c.dbs[db], name)
	if len(c.dbs[db]) == 0 {
		delete(c.dbs, db)
	}
	return found
}

func (c *catalog) dropDatabase(db string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, found := c.dbs[db]
	delete(c.dbs, db)
	return found
}

// list returns the collections of a database by name.
func (c *catalog) list(db string) []*collection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.SortedFunc(maps.Values(c.dbs[db]), func(a, b *collection) int { return strings.Compare(a.name, b.name) })
}

func (c *catalog) databases() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.dbs))
}

// target checks the name of the collection that a command is for.
func (r *request) target() *failure {
	if r.coll == "" || strings.HasPrefix(r.coll, ".") || strings.Contains(r.coll, "$") || strings.ContainsAny(r.db, "/\\. \"$") {
		return fail(codeInvalidNamespace, "Invalid namespace specified '%s.%s'", r.db, r.coll)
	}
	return nil
}

func create(r *request, dst []byte) ([]byte, *failure) {
	if f := r.target(); f != nil {
		return dst, f
	}
	if _, made := r.srv.catalog.ensure(r.db, r.coll); !made {
		return dst, fail(codeNamespaceExists, "Collection %s.%s already exists.", r.db, r.coll)
	}
	return dst, nil
}

func drop(r *request, dst []byte) ([]byte, *failure) {
	dropped := r.srv.catalog.drop(r.db, r.coll)
	if dropped == nil {
		if r.srv.wire >= 21 {
			return dst, nil
		}
		return dst, fail(codeNamespaceNotFound, "ns not found")
	}
	dropped.mu.RLock()
	defer dropped.mu.RUnlock()
	dst = bsoncore.AppendInt32Element(dst, "nIndexesWas", int32(len(dropped.indexes)+1))
	return bsoncore.AppendStringElement(dst, "ns", dropped.namespace()), nil
}

func dropDatabase(r *request, dst []byte) ([]byte, *failure) {
	if r.srv.catalog.dropDatabase(r.db) {
		dst = bsoncore.AppendStringElement(dst, "dropped", r.db)
	}
	return dst, nil
}

func listDatabases(r *request, dst []byte) ([]byte, *failure) {
	wanted, f := optionalFilter(r.get("filter"))
	if f != nil {
		return dst, f
	}
	at, dst := bsoncore.AppendArrayElementStart(dst, "databases")
	n := 0
	for _, name := range r.srv.catalog.databases() {
		doc := bsoncore.NewDocumentBuilder().AppendString("name", name).AppendInt64("sizeOnDisk", 4096).AppendBoolean("empty", false).Build()
		if wanted.match(doc) {
			dst = bsoncore.AppendDocumentElement(dst, index10(n), doc)
			n++
		}
	}
	return finish(dst, int(at)), nil
}

func listCollections(r *request, dst []byte) ([]byte, *failure) {
	wanted, f := optionalFilter(r.get("filter"))
	if f != nil {
		return dst, f
	}
	var docs [][]byte
	for _, c := range r.srv.catalog.list(r.db) {
		b := bsoncore.NewDocumentBuilder().AppendString("name", c.name).AppendString("type", "collection")
		if !truthy(r.get("nameOnly")) {
			b.AppendDocument("options", []byte(emptyDocument)).
				AppendDocument("info", bsoncore.NewDocumentBuilder().AppendBoolean("readOnly", false).AppendBinary("uuid", 4, c.uuid[:]).Build()).
				AppendDocument("idIndex", idSpec())
		}
		if doc := b.Build(); wanted.match(doc) {
			docs = append(docs, doc)
		}
	}
	return r.reply(dst, docs, r.db+".$cmd.listCollections", batchSize(field(r.get("cursor").Data, "batchSize")))
}

// filter is optionalFilter for a command's own, by the server's clock.
func (r *request) filter(v value) (*filter, *failure) {
	f, failed := optionalFilter(v)
	if failed != nil {
		return nil, failed
	}
	return f.at(r.srv.now()), nil
}

// optionalFilter parses a filter that need not be there.
func optionalFilter(v value) (*filter, *failure) {
	if missing(v) || v.Type == bsoncore.TypeNull {
		return &filter{op: "$and"}, nil
	}
	if !isDocument(v) {
		return nil, fail(codeTypeMismatch, "BSON field 'filter' is the wrong type '%s', expected type 'object'", v.Type)
	}
	return parseFilter(v.Data)
}
