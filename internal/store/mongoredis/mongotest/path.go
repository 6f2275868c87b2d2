package mongotest

import (
	"strconv"
	"strings"
)

// path is a dotted path, split.
type path []string

func parsePath(s string) path { return strings.Split(s, ".") }

func (p path) String() string { return strings.Join(p, ".") }

// each calls f with every value at the path, walking through arrays on the way as queries
// do, until f returns true; a path that leads nowhere has one missing value. The array at
// the end of a path is one value.
func (p path) each(doc []byte, f func(value) bool) bool {
	found := field(doc, p[0])
	if len(p) == 1 {
		return f(found)
	}
	switch {
	case isDocument(found):
		return p[1:].each(found.Data, f)
	case isArray(found):
		return p[1:].eachElement(found.Data, f)
	}
	return f(value{})
}

// eachElement goes on into the documents of an array, and into the element that the path
// names by its index.
func (p path) eachElement(array []byte, f func(value) bool) bool {
	seen := false
	if _, err := strconv.Atoi(p[0]); err == nil {
		if v := field(array, p[0]); !missing(v) {
			seen = true
			if p.eachIndexed(v, f) {
				return true
			}
		}
	}
	s := scan(array)
	for s.next() {
		if isDocument(s.value()) {
			seen = true
			if p.each(s.data, f) {
				return true
			}
		}
	}
	return !seen && f(value{})
}

// eachIndexed goes on at the element that the path's first part names.
func (p path) eachIndexed(v value, f func(value) bool) bool {
	switch {
	case len(p) == 1:
		return f(v)
	case isDocument(v):
		return p[1:].each(v.Data, f)
	case isArray(v):
		return p[1:].eachElement(v.Data, f)
	}
	return false
}

// get returns the value at the path without walking through arrays.
func (p path) get(doc []byte) value {
	v := field(doc, p[0])
	for _, key := range p[1:] {
		if !isDocument(v) {
			return value{}
		}
		v = field(v.Data, key)
	}
	return v
}
