package mongotest

import (
	"encoding/binary"
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// index is a declared index: an ordered tree of the encoded values of its fields, each
// followed by its record's number.
type index struct {
	name    string
	key     []byte // the pattern, as it was declared
	spec    []byte // all of it, as listIndexes shows it
	paths   []path
	desc    []bool
	unique  bool
	sparse  bool
	partial *filter // nil if the index holds all documents
	heads   []string
	partSrc []byte

	entries  *tree
	multikey bool // some document has an array in it
}

// seqLength is how long the number is that ends each key, in bytes.
const seqLength = 8

// appendKeys appends the keys under which a record's document is found.
func (ix *index) appendKeys(dst []string, raw []byte, seq uint64) ([]string, *failure) {
	if ix.partial != nil && !ix.partial.match(raw) {
		return dst, nil
	}
	if !ix.multikey || !ix.hasArray(raw) {
		if key, plain, absent := ix.plainKey(raw, seq); plain {
			if ix.sparse && absent {
				return dst, nil
			}
			return append(dst, key), nil
		}
	}
	return ix.arrayKeys(dst, raw, seq)
}

// hasArray is a cheap guess: whether one of the fields at the top is an array.
func (ix *index) hasArray(raw []byte) bool {
	for _, head := range ix.heads {
		if isArray(field(raw, head)) {
			return true
		}
	}
	return false
}

// plainKey returns the one key of a document that has no array on any path. absent says
// that it has none of the fields.
func (ix *index) plainKey(raw []byte, seq uint64) (key string, plain, absent bool) {
	var buffer [128]byte
	dst := buffer[:0]
	absent = true
	for i, p := range ix.paths {
		v := field(raw, p[0])
		for _, part := range p[1:] {
			if isArray(v) {
				return "", false, false
			}
			if !isDocument(v) {
				v = value{}
				break
			}
			v = field(v.Data, part)
		}
		if isArray(v) {
			return "", false, false
		}
		absent = absent && missing(v)
		dst = ix.appendPart(dst, i, v)
	}
	return string(binary.BigEndian.AppendUint64(dst, seq)), true, absent
}

// appendPart appends the encoding of the value of one field, turned around if the index
// descends there.
func (ix *index) appendPart(dst []byte, i int, v value) []byte {
	at := len(dst)
	dst = appendKey(dst, v)
	if ix.desc[i] {
		for j := at; j < len(dst); j++ {
			dst[j] = ^dst[j]
		}
	}
	return dst
}

// arrayKeys returns a key for each element of the array on one of the paths, and one for
// the array itself, so that it is found by either.
func (ix *index) arrayKeys(dst []string, raw []byte, seq uint64) ([]string, *failure) {
	all := [][]byte{nil}
	arrays := 0
	absent := true
	for i, p := range ix.paths {
		var vals []value
		p.each(raw, func(v value) bool {
			absent = absent && missing(v)
			vals = append(vals, v)
			if isArray(v) {
				vals = append(vals, values(v.Data)...)
			}
			return false
		})
		if len(vals) > 1 {
			arrays++
		}
		var next [][]byte
		for _, prefix := range all {
			for _, v := range vals {
				next = append(next, ix.appendPart(slices.Clone(prefix), i, v))
			}
		}
		all = next
	}
	if arrays > 1 {
		return dst, fail(codeParallelArrays, "cannot index parallel arrays of index %s", ix.name)
	}
	if ix.sparse && absent {
		return dst, nil
	}
	ix.multikey = true
	at := len(dst)
	for _, key := range all {
		dst = append(dst, string(binary.BigEndian.AppendUint64(key, seq)))
	}
	slices.Sort(dst[at:])
	return append(dst[:at], slices.Compact(dst[at:])...), nil
}

func (ix *index) add(keys []string, rec *record) {
	for _, key := range keys {
		ix.entries.insert(key, rec)
	}
}

func (ix *index) drop(keys []string) {
	for _, key := range keys {
		ix.entries.remove(key)
	}
}

// holder returns the record that a unique index has under a key, or nil.
func (ix *index) holder(key string) *record {
	var found *record
	ix.entries.ascend(key, successor([]byte(key)), func(_ string, rec *record) bool {
		found = rec
		return false
	})
	return found
}

// parts returns the values that make up a key of a document.
func (ix *index) parts(raw []byte, key string) []value {
	vals := make([]value, len(ix.paths))
	rest := key
	for i, p := range ix.paths {
		p.each(raw, func(v value) bool {
			choices := []value{v}
			if isArray(v) {
				choices = append(choices, values(v.Data)...)
			}
			for _, c := range choices {
				part := string(ix.appendPart(nil, i, c))
				if len(rest) >= len(part) && rest[:len(part)] == part {
					vals[i], rest = c, rest[len(part):]
					return true
				}
			}
			return false
		})
	}
	return vals
}

// untouched says whether two versions of a document are the same to the index. Only the
// fields touched may differ; nil is all.
func (ix *index) untouched(a, b []byte, touched []string) bool {
	for _, head := range ix.heads {
		if touched != nil && !slices.Contains(touched, head) {
			continue
		}
		if !sameValue(field(a, head), field(b, head)) {
			return false
		}
	}
	return true
}

// parseIndex reads a declaration, as createIndexes takes it.
func parseIndex(spec []byte) (*index, *failure) {
	ix := &index{entries: newTree()}
	s := scan(spec)
	for s.next() {
		switch string(s.key) {
		case "name":
			if !isText(s.value()) {
				return nil, fail(codeTypeMismatch, "The field 'name' must be a string")
			}
			ix.name = string(text(s.value()))
		case "key":
			if !isDocument(s.value()) {
				return nil, fail(codeTypeMismatch, "The field 'key' must be an object")
			}
			ix.key = slices.Clone(s.data)
		case "unique":
			ix.unique = truthy(s.value())
		case "sparse":
			ix.sparse = truthy(s.value())
		case "partialFilterExpression":
			if !isDocument(s.value()) {
				return nil, fail(codeTypeMismatch, "The field 'partialFilterExpression' must be an object")
			}
			ix.partSrc = slices.Clone(s.data)
		case "v", "background", "ns", "expireAfterSeconds", "hidden":
		default:
			return nil, fail(codeInvalidOptions, "The field '%s' is not valid for an index specification. Specification: %s", s.key, bsoncore.Document(spec))
		}
	}
	if ix.name == "" || len(ix.key) == 0 {
		return nil, fail(codeFailedToParse, "The 'key' and 'name' fields are required properties of an index specification")
	}
	if f := ix.parsePattern(); f != nil {
		return nil, f
	}
	ix.spec = slices.Clone(spec)
	return ix, ix.parsePartial()
}

func (ix *index) parsePattern() *failure {
	s := scan(ix.key)
	for s.next() {
		v := s.value()
		if isText(v) {
			return lacking("an index of the type %q", text(v))
		}
		if class(v.Type) != classNumber || v.AsFloat64() == 0 {
			return fail(codeCannotCreateIndex, "Values in v:2 index key pattern must be a number > 0 or < 0 or a string: %s", bsoncore.Document(ix.key))
		}
		p := parsePath(string(s.key))
		if slices.Contains(p, "") || p[0][0] == '$' {
			return fail(codeCannotCreateIndex, "Index keys cannot contain an empty field, or one that starts with a dollar: %s", s.key)
		}
		ix.paths = append(ix.paths, p)
		ix.desc = append(ix.desc, v.AsFloat64() < 0)
		ix.addHead(p[0])
	}
	if len(ix.paths) == 0 {
		return fail(codeCannotCreateIndex, "Index keys cannot be empty")
	}
	return nil
}

func (ix *index) addHead(head string) {
	if !slices.Contains(ix.heads, head) {
		ix.heads = append(ix.heads, head)
	}
}

func (ix *index) parsePartial() *failure {
	if ix.partSrc == nil {
		return nil
	}
	if ix.sparse {
		return fail(codeCannotCreateIndex, "cannot mix \"partialFilterExpression\" and \"sparse\" options")
	}
	var f *failure
	if ix.partial, f = parseFilter(ix.partSrc); f != nil {
		return f
	}
	return ix.partial.indexable(ix)
}
