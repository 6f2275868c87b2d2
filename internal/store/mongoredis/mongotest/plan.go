package mongotest

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxRanges is how many separate stretches of an index one plan may walk.
const maxRanges = 2000

// span is a stretch of an index: keys from low on, below high.
type span struct{ low, high string }

// plan says how the documents that a filter may find are walked.
type plan struct {
	ids      [][]byte // encoded values of _id to look up, in their order
	byID     bool
	tree     *tree // to walk; nil for the natural order
	spans    []span
	multikey bool // a record may come up more than once
	reverse  bool
	sorted   bool // they come in the order that was asked for
	rest     *filter
}

// bounds is what a filter's top level says of one path.
type bounds struct {
	eq                []value // any one of these
	hasEq             bool
	low, high         value
	lowOpen, highOpen bool
	hasLow, hasHigh   bool
}

// boundsOf gathers what a filter says of a path that an index can use.
func (f *filter) boundsOf(p path) bounds {
	var b bounds
	for _, kid := range f.kids {
		if !slices.Equal(kid.path, p) {
			continue
		}
		switch kid.op {
		case "$eq":
			if kid.arg.Type != bsoncore.TypeUndefined && (!b.hasEq || len(b.eq) > 1) {
				b.hasEq, b.eq = true, []value{kid.arg}
			}
		case "$in":
			if len(kid.regexes) == 0 && !b.hasEq {
				b.hasEq, b.eq = true, kid.list
			}
		case "$gt", "$gte":
			b.hasLow, b.low, b.lowOpen = true, kid.arg, kid.op == "$gt"
		case "$lt", "$lte":
			b.hasHigh, b.high, b.highOpen = true, kid.arg, kid.op == "$lt"
		}
	}
	return b
}

// hasNull says whether what is within the bounds may be null, or not there, and so not in a
// sparse index.
func (b bounds) hasNull() bool {
	null := func(v value) bool { return class(v.Type) == classNull }
	return slices.ContainsFunc(b.eq, null) || b.hasLow && null(b.low) || b.hasHigh && null(b.high)
}

// plan chooses how to walk the documents for a filter and an order. hint names an index,
// or is empty. mu held.
func (c *collection) plan(f *filter, order []sortKey, hint string) (plan, *failure) {
	if hint == "" {
		if p, ok := planIDs(f); ok {
			return p, nil
		}
	}
	best := plan{rest: f}
	bestScore := 0
	if p, score := planIndex(c.idIndex(), f, order); score > bestScore && (hint == "" || hint == "_id_") || hint == "_id_" {
		best, bestScore = p, score
	}
	for _, ix := range c.indexes {
		if hint != "" && ix.name != hint {
			continue
		}
		p, score := planIndex(ix, f, order)
		if hint != "" {
			return p, nil
		}
		if score > bestScore {
			best, bestScore = p, score
		}
	}
	if hint != "" && hint != "_id_" && hint != natural {
		return plan{}, fail(codeBadValue, "error processing query: planner returned error: hint provided does not correspond to an existing index: %s", hint)
	}
	return best, nil
}

// natural is the hint that asks for no index.
const natural = "$natural"

// planIDs plans lookups by _id, which need no check of _id afterwards: it is never an array.
func planIDs(f *filter) (plan, bool) {
	at := slices.IndexFunc(f.kids, func(kid *filter) bool {
		return len(kid.path) == 1 && kid.path[0] == "_id" && (kid.op == "$eq" || kid.op == "$in" && len(kid.regexes) == 0)
	})
	if at < 0 {
		return plan{}, false
	}
	kid := f.kids[at]
	p := plan{byID: true, rest: &filter{op: "$and", kids: slices.Delete(slices.Clone(f.kids), at, at+1)}}
	if kid.op == "$eq" {
		p.ids = [][]byte{appendKey(nil, kid.arg)}
		p.sorted = true
		return p, true
	}
	p.ids = make([][]byte, len(kid.list))
	arena := make([]byte, 0, 48*len(kid.list))
	for i, v := range kid.list {
		at := len(arena)
		arena = appendKey(arena, v)
		p.ids[i] = arena[at:len(arena):len(arena)]
	}
	if !slices.IsSortedFunc(p.ids, bytes.Compare) {
		slices.SortFunc(p.ids, bytes.Compare)
	}
	p.ids = slices.CompactFunc(p.ids, bytes.Equal)
	return p, true
}

// idIndex dresses the tree of _id as an index.
func (c *collection) idIndex() *index {
	return &index{name: "_id_", paths: []path{{"_id"}}, desc: []bool{false}, entries: c.ids}
}

// planIndex plans a walk of an index and scores it; 0 is no better than a walk of all.
func planIndex(ix *index, f *filter, order []sortKey) (plan, int) {
	if ix.partial != nil && !f.implies(ix.partial) {
		return plan{}, 0
	}
	prefixes := [][]byte{nil}
	used, score := 0, 0
	nullFree := !ix.sparse
	for ; used < len(ix.paths); used++ {
		b := f.boundsOf(ix.paths[used])
		if !b.hasEq || len(prefixes)*len(b.eq) > maxRanges {
			break
		}
		nullFree = nullFree || !b.hasNull()
		prefixes = ix.extend(prefixes, used, b.eq)
		score += 4
	}
	spans := make([]span, 0, len(prefixes))
	ranged := false
	for _, prefix := range prefixes {
		s := span{string(prefix), successor(prefix)}
		if used < len(ix.paths) {
			if b := f.boundsOf(ix.paths[used]); b.hasLow || b.hasHigh {
				s = ix.rangeSpan(prefix, used, b)
				nullFree = nullFree || !b.hasNull()
				ranged = true
			}
		}
		spans = append(spans, s)
	}
	if ranged {
		score += 2
	}
	if !nullFree {
		return plan{}, 0
	}
	p := plan{tree: ix.entries, spans: spans, multikey: ix.multikey, rest: f}
	if len(spans) == 1 && !ix.multikey && len(order) > 0 {
		if p.sorted, p.reverse = ix.gives(order, used, f); p.sorted {
			score++
		}
	}
	slices.SortFunc(p.spans, func(a, b span) int { return strings.Compare(a.low, b.low) })
	p.spans = slices.Compact(p.spans)
	return p, score
}

// extend appends each of the values to each of the prefixes.
func (ix *index) extend(prefixes [][]byte, i int, vals []value) [][]byte {
	next := make([][]byte, 0, len(prefixes)*len(vals))
	for _, prefix := range prefixes {
		for _, v := range vals {
			next = append(next, ix.appendPart(slices.Clip(prefix), i, v))
		}
	}
	return next
}

// rangeSpan returns the stretch below a prefix within bounds on the next field. Values of
// another class are never within. With arrays in the index, only one bound is used: another
// element of the same array may meet the other.
func (ix *index) rangeSpan(prefix []byte, i int, b bounds) span {
	if ix.multikey && b.hasLow {
		b.hasHigh = false
	}
	c := class(b.low.Type)
	if !b.hasLow {
		c = class(b.high.Type)
	}
	low, high := append(slices.Clone(prefix), c), append(slices.Clone(prefix), c)
	if ix.desc[i] {
		low[len(prefix)], high[len(prefix)] = ^c, ^c
		b.hasLow, b.low, b.lowOpen, b.hasHigh, b.high, b.highOpen = b.hasHigh, b.high, b.highOpen, b.hasLow, b.low, b.lowOpen
	}
	s := span{string(low), successor(high)}
	if b.hasLow {
		key := ix.appendPart(slices.Clone(prefix), i, b.low)
		s.low = string(key)
		if b.lowOpen {
			s.low = successor(key)
		}
	}
	if b.hasHigh {
		key := ix.appendPart(slices.Clone(prefix), i, b.high)
		s.high = string(key)
		if !b.highOpen {
			s.high = successor(key)
		}
	}
	return s
}

// gives says whether a walk below the first used fields, all of them fixed, comes in an
// order or in its reverse.
func (ix *index) gives(order []sortKey, used int, f *filter) (sorted, reverse bool) {
	at := used
	decided := false
	for _, k := range order {
		if fixed := slices.IndexFunc(ix.paths[:used], func(p path) bool { return slices.Equal(p, k.path) }); fixed >= 0 {
			if len(f.boundsOf(k.path).eq) == 1 {
				continue
			}
			return false, false
		}
		if at >= len(ix.paths) || !slices.Equal(ix.paths[at], k.path) {
			return false, false
		}
		backwards := ix.desc[at] != k.desc
		if decided && backwards != reverse {
			return false, false
		}
		reverse, decided = backwards, true
		at++
	}
	return true, reverse
}

// walk calls f with each record that a plan leads to and its filter finds, until f returns
// false. It returns how many records it looked at. mu held.
func (c *collection) walk(p plan, f func(*record) bool) int {
	looked := 0
	visit := func(rec *record) bool {
		looked++
		return !p.rest.match(rec.raw) || f(rec)
	}
	switch {
	case p.byID:
		for _, id := range p.ids {
			if rec := c.byID[string(id)]; rec != nil && !visit(rec) {
				break
			}
		}
	case p.tree != nil:
		c.walkTree(p, visit)
	default:
		for _, rec := range c.natural {
			if rec != nil && !visit(rec) {
				break
			}
		}
	}
	return looked
}

func (c *collection) walkTree(p plan, visit func(*record) bool) {
	var seen map[*record]struct{}
	if p.multikey {
		seen = map[*record]struct{}{}
	}
	stopped := false
	each := func(_ string, rec *record) bool {
		if seen != nil {
			if _, again := seen[rec]; again {
				return true
			}
			seen[rec] = struct{}{}
		}
		stopped = !visit(rec)
		return !stopped
	}
	for _, s := range p.spans {
		if p.reverse {
			p.tree.descend(s.low, s.high, each)
		} else {
			p.tree.ascend(s.low, s.high, each)
		}
		if stopped {
			return
		}
	}
}
