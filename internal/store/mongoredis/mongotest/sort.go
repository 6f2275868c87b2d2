package mongotest

import (
	"bytes"
	"slices"
)

// sortKey is one field of an order.
type sortKey struct {
	path path
	desc bool
}

// parseSort parses an order.
func parseSort(v value) ([]sortKey, *failure) {
	if missing(v) {
		return nil, nil
	}
	if !isDocument(v) {
		return nil, fail(codeTypeMismatch, "BSON field 'sort' is the wrong type '%s', expected type 'object'", v.Type)
	}
	var order []sortKey
	s := scan(v.Data)
	for s.next() {
		if len(s.key) == 0 {
			return nil, fail(40352, "FieldPath cannot be constructed with empty string")
		}
		if string(s.key) == natural && s.value().AsFloat64() == 1 {
			continue // that is the order without an index
		}
		if s.key[0] == '$' {
			return nil, lacking("a sort by %s", s.key)
		}
		if class(s.typ) != classNumber {
			return nil, lacking("a sort by %s", s.key)
		}
		direction := s.value().AsFloat64()
		if direction != 1 && direction != -1 {
			return nil, fail(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)")
		}
		order = append(order, sortKey{parsePath(string(s.key)), direction < 0})
	}
	return order, nil
}

// encode returns what a document sorts by. Of an array, the least element counts, or the
// greatest where the order descends; an empty one sorts below null.
func encode(order []sortKey, doc []byte) []byte {
	var dst []byte
	for _, k := range order {
		var best []byte
		consider := func(v value) {
			key := appendKey(nil, v)
			if best == nil || (bytes.Compare(key, best) < 0) != k.desc {
				best = key
			}
		}
		k.path.each(doc, func(v value) bool {
			if !isArray(v) {
				consider(v)
				return false
			}
			elements := values(v.Data)
			for _, element := range elements {
				consider(element)
			}
			if len(elements) == 0 {
				best = []byte{classUndefined}
			}
			return false
		})
		if k.desc {
			for i := range best {
				best[i] = ^best[i]
			}
		}
		dst = append(dst, best...)
	}
	return dst
}

// sortBy sorts what have documents by an order. Equal ones keep their places.
func sortBy[T any](all []T, order []sortKey, doc func(T) []byte) {
	type keyed struct {
		key  []byte
		item T
	}
	sorted := make([]keyed, len(all))
	for i, item := range all {
		sorted[i] = keyed{encode(order, doc(item)), item}
	}
	slices.SortStableFunc(sorted, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	for i, k := range sorted {
		all[i] = k.item
	}
}
