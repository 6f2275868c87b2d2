package mongotest

import (
	"encoding/binary"
	"math"
	"sync"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// firstBatch is how many documents the first batch of a cursor has if nothing is said.
const firstBatch = 101

// maxAnswer is how many bytes of documents one answer has, if it has more than one.
const maxAnswer = 16 << 20

// cursors are the open ones of a server.
type cursors struct {
	mu  sync.Mutex // guards all
	all map[int64]*cursor
}

// cursor is a result of which some documents are still to be fetched.
type cursor struct {
	docs [][]byte
	ns   string
}

// open keeps what was not in the first batch and returns its number.
func (cs *cursors) open(docs [][]byte, ns string) int64 {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.all == nil {
		cs.all = map[int64]*cursor{}
	}
	id := int64(binary.LittleEndian.Uint64(random(8)) & math.MaxInt64 >> 1)
	cs.all[id+1] = &cursor{docs, ns}
	return id + 1
}

// take removes a cursor and returns it, or nil.
func (cs *cursors) take(id int64) *cursor {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	found := cs.all[id]
	delete(cs.all, id)
	return found
}

// put gives a cursor back that was taken.
func (cs *cursors) put(id int64, c *cursor) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.all[id] = c
}

// batchSize reads a size that need not be there.
func batchSize(v value) int {
	if n, ok := v.AsInt64OK(); ok && n >= 0 {
		return int(n)
	}
	return firstBatch
}

// batch appends up to n documents as an array and returns what is left.
func batch(dst []byte, name string, docs [][]byte, n int) ([]byte, [][]byte) {
	at, dst := bsoncore.AppendArrayElementStart(dst, name)
	length := 0
	i := 0
	for ; i < len(docs) && i < n; i++ {
		length += len(docs[i])
		if i > 0 && length > maxAnswer {
			break
		}
		dst = bsoncore.AppendDocumentElement(dst, index10(i), docs[i])
	}
	return finish(dst, int(at)), docs[i:]
}

// reply appends a cursor's first batch and keeps the rest.
func (r *request) reply(dst []byte, docs [][]byte, ns string, n int) ([]byte, *failure) {
	at, dst := bsoncore.AppendDocumentElementStart(dst, "cursor")
	dst, rest := batch(dst, "firstBatch", docs, n)
	id := int64(0)
	if len(rest) > 0 && !truthy(r.get("singleBatch")) {
		id = r.srv.cursors.open(rest, ns)
	}
	dst = bsoncore.AppendInt64Element(dst, "id", id)
	dst = bsoncore.AppendStringElement(dst, "ns", ns)
	return finish(dst, int(at)), nil
}

func getMore(r *request, dst []byte) ([]byte, *failure) {
	id, ok := r.get("getMore").AsInt64OK()
	if !ok {
		return dst, fail(codeTypeMismatch, "BSON field 'getMore.getMore' is the wrong type, expected type 'long'")
	}
	c := r.srv.cursors.take(id)
	if c == nil {
		return dst, fail(codeCursorNotFound, "cursor id %d not found", id)
	}
	n := math.MaxInt
	if v := r.get("batchSize"); !missing(v) && batchSize(v) > 0 {
		n = batchSize(v)
	}
	at, dst := bsoncore.AppendDocumentElementStart(dst, "cursor")
	dst, rest := batch(dst, "nextBatch", c.docs, n)
	if c.docs = rest; len(rest) > 0 {
		r.srv.cursors.put(id, c)
	} else {
		id = 0
	}
	dst = bsoncore.AppendInt64Element(dst, "id", id)
	dst = bsoncore.AppendStringElement(dst, "ns", c.ns)
	return finish(dst, int(at)), nil
}

func killCursors(r *request, dst []byte) ([]byte, *failure) {
	var killed, unknown []value
	for _, v := range values(r.get("cursors").Data) {
		if id, ok := v.AsInt64OK(); ok && r.srv.cursors.take(id) != nil {
			killed = append(killed, v)
		} else {
			unknown = append(unknown, v)
		}
	}
	dst = bsoncore.BuildArrayElement(dst, "cursorsKilled", killed...)
	dst = bsoncore.BuildArrayElement(dst, "cursorsNotFound", unknown...)
	dst = bsoncore.BuildArrayElement(dst, "cursorsAlive")
	return bsoncore.BuildArrayElement(dst, "cursorsUnknown"), nil
}
