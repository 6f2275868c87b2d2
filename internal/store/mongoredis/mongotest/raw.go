package mongotest

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxDepth is how deep documents may nest, as on a real server.
const maxDepth = 180

// emptyDocument is the shortest document there is.
const emptyDocument = "\x05\x00\x00\x00\x00"

// value is a BSON value. The zero value is a field that is not there.
type value = bsoncore.Value

// missing says whether a value is a field that is not there.
func missing(v value) bool { return v.Type == 0 }

// scanner walks the fields of a valid document, or the elements of a valid array, without
// copying them.
type scanner struct {
	rest []byte
	typ  bsoncore.Type
	key  []byte
	data []byte
	raw  []byte // the whole field: type, key and data
}

// scan starts a walk. Nothing is walked in what is too short for a document.
func scan(doc []byte) scanner {
	if len(doc) < len(emptyDocument) {
		return scanner{}
	}
	return scanner{rest: doc[4 : len(doc)-1]}
}

// next moves on to the next field, if there is one.
func (s *scanner) next() bool {
	if len(s.rest) == 0 {
		return false
	}
	end := bytes.IndexByte(s.rest, 0)
	s.typ = bsoncore.Type(s.rest[0])
	s.key = s.rest[1:end]
	n := end + 1 + size(s.typ, s.rest[end+1:])
	s.data = s.rest[end+1 : n]
	s.raw = s.rest[:n]
	s.rest = s.rest[n:]
	return true
}

// value returns the field's value, in place.
func (s *scanner) value() value { return value{Type: s.typ, Data: s.data} }

// field returns a field of a document, in place; missing if it is not there.
func field(doc []byte, key string) value {
	s := scan(doc)
	for s.next() {
		if string(s.key) == key {
			return s.value()
		}
	}
	return value{}
}

// size returns the length of a value that starts b, or -1 if b is too short to tell or no
// value has that type. The value may be longer than b.
func size(t bsoncore.Type, b []byte) int {
	switch t {
	case bsoncore.TypeNull, bsoncore.TypeUndefined, bsoncore.TypeMinKey, bsoncore.TypeMaxKey:
		return 0
	case bsoncore.TypeBoolean:
		return 1
	case bsoncore.TypeInt32:
		return 4
	case bsoncore.TypeDouble, bsoncore.TypeDateTime, bsoncore.TypeInt64, bsoncore.TypeTimestamp:
		return 8
	case bsoncore.TypeObjectID:
		return 12
	case bsoncore.TypeDecimal128:
		return 16
	case bsoncore.TypeString, bsoncore.TypeJavaScript, bsoncore.TypeSymbol:
		return prefixed(b, 4)
	case bsoncore.TypeBinary:
		return prefixed(b, 5)
	case bsoncore.TypeDBPointer:
		return prefixed(b, 16)
	case bsoncore.TypeEmbeddedDocument, bsoncore.TypeArray, bsoncore.TypeCodeWithScope:
		return prefixed(b, 0)
	case bsoncore.TypeRegex:
		pattern := bytes.IndexByte(b, 0)
		if pattern < 0 {
			return -1
		}
		options := bytes.IndexByte(b[pattern+1:], 0)
		if options < 0 {
			return -1
		}
		return pattern + options + 2
	}
	return -1
}

// prefixed returns the length that b starts with, plus what it does not count.
func prefixed(b []byte, uncounted int) int {
	if len(b) < 4 {
		return -1
	}
	n := int(int32(binary.LittleEndian.Uint32(b)))
	if n < 0 {
		return -1
	}
	return n + uncounted
}

// valid says whether b is one whole document, down to its leaves. Everything else in this
// package relies on that.
func valid(b []byte, depth int) bool {
	if len(b) < len(emptyDocument) || prefixed(b, 0) != len(b) || b[len(b)-1] != 0 || depth > maxDepth {
		return false
	}
	rest := b[4 : len(b)-1]
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, 0)
		if end < 1 {
			return false
		}
		t := bsoncore.Type(rest[0])
		n := size(t, rest[end+1:])
		if n < 0 || n > len(rest)-end-1 || !validValue(t, rest[end+1:end+1+n], depth) {
			return false
		}
		rest = rest[end+1+n:]
	}
	return true
}

// validValue says whether a value of the right length is well formed inside.
func validValue(t bsoncore.Type, data []byte, depth int) bool {
	switch t {
	case bsoncore.TypeEmbeddedDocument, bsoncore.TypeArray:
		return valid(data, depth+1)
	case bsoncore.TypeString, bsoncore.TypeJavaScript, bsoncore.TypeSymbol:
		return len(data) > 4 && data[len(data)-1] == 0
	}
	return true
}

// text returns the bytes of a string value, in place.
func text(v value) []byte { return v.Data[4 : len(v.Data)-1] }

// isText says whether a value is a string.
func isText(v value) bool { return v.Type == bsoncore.TypeString }

// isDocument says whether a value is an embedded document.
func isDocument(v value) bool { return v.Type == bsoncore.TypeEmbeddedDocument }

// isArray says whether a value is an array.
func isArray(v value) bool { return v.Type == bsoncore.TypeArray }

// sameValue says whether two values have the same type and the same bytes.
func sameValue(a, b value) bool { return a.Type == b.Type && bytes.Equal(a.Data, b.Data) }

// truthy says whether a value counts as true where a flag is asked for.
func truthy(v value) bool {
	switch v.Type {
	case bsoncore.TypeBoolean:
		return v.Data[0] != 0
	case bsoncore.TypeInt32, bsoncore.TypeInt64, bsoncore.TypeDouble:
		return v.AsFloat64() != 0
	case 0, bsoncore.TypeNull, bsoncore.TypeUndefined:
		return false
	}
	return true
}

// appendValue appends a field.
func appendValue(dst []byte, key []byte, v value) []byte {
	dst = append(dst, byte(v.Type))
	dst = append(dst, key...)
	dst = append(dst, 0)
	return append(dst, v.Data...)
}

// begin opens a document at the end of dst; finish closes it.
func begin(dst []byte) (int, []byte) { return len(dst), append(dst, 0, 0, 0, 0) }

func finish(dst []byte, at int) []byte {
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at))
	return dst
}

// values returns the elements of an array, in place.
func values(array []byte) []value {
	var all []value
	s := scan(array)
	for s.next() {
		all = append(all, s.value())
	}
	return all
}

func int32Value(n int32) value {
	return value{Type: bsoncore.TypeInt32, Data: bsoncore.AppendInt32(nil, n)}
}

func int64Value(n int64) value {
	return value{Type: bsoncore.TypeInt64, Data: bsoncore.AppendInt64(nil, n)}
}

func doubleValue(f float64) value {
	return value{Type: bsoncore.TypeDouble, Data: bsoncore.AppendDouble(nil, f)}
}

func boolValue(b bool) value {
	return value{Type: bsoncore.TypeBoolean, Data: bsoncore.AppendBoolean(nil, b)}
}

func textValue(s string) value {
	return value{Type: bsoncore.TypeString, Data: bsoncore.AppendString(nil, s)}
}

func dateValue(ms int64) value {
	return value{Type: bsoncore.TypeDateTime, Data: bsoncore.AppendDateTime(nil, ms)}
}

func nullValue() value { return value{Type: bsoncore.TypeNull} }

func documentValue(doc []byte) value {
	return value{Type: bsoncore.TypeEmbeddedDocument, Data: doc}
}

func arrayValue(array []byte) value { return value{Type: bsoncore.TypeArray, Data: array} }
