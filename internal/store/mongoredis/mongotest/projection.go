package mongotest

import "strings"

// projection says which fields of documents are shown.
type projection struct {
	include bool // only those named; otherwise all but those
	root    *shown
	id      bool // _id is shown
	sets    []setting
}

// shown is a node of the tree of paths that a projection names.
type shown struct {
	leaf bool
	kids map[string]*shown
}

func (n *shown) place(p path) {
	for _, key := range p {
		if n.kids == nil {
			n.kids = map[string]*shown{}
		}
		if n.kids[key] == nil {
			n.kids[key] = &shown{}
		}
		n = n.kids[key]
	}
	n.leaf = true
}

// parseProjection parses a projection. It returns nil for one that shows all.
func parseProjection(v value) (*projection, *failure) {
	if missing(v) || isDocument(v) && len(v.Data) == len(emptyDocument) {
		return nil, nil
	}
	if !isDocument(v) {
		return nil, fail(codeTypeMismatch, "BSON field 'projection' is the wrong type '%s', expected type 'object'", v.Type)
	}
	p := &projection{root: &shown{}, id: true}
	var included, excluded bool
	s := scan(v.Data)
	for s.next() {
		key, arg := string(s.key), s.value()
		flag := class(arg.Type) == classNumber || arg.Type.String() == "boolean"
		switch {
		case flag && key == "_id":
			p.id = truthy(arg)
			included = included || p.id && len(values(v.Data)) == 1
			excluded = excluded || !p.id && len(values(v.Data)) == 1
			continue
		case strings.HasSuffix(key, ".$") || isDocument(arg) && projectsArray(arg):
			return nil, lacking("the projection {%s: %s}", key, arg)
		case !flag:
			e, f := parseExpr(arg)
			if f != nil {
				return nil, f
			}
			included = true
			p.sets = append(p.sets, setting{parsePath(key), e})
			continue
		case truthy(arg):
			included = true
		default:
			excluded = true
		}
		if included && excluded {
			return nil, fail(31254, "Cannot do inclusion on field %s in exclusion projection, or the reverse", key)
		}
		p.root.place(parsePath(key))
	}
	p.include = included
	return p, nil
}

func projectsArray(v value) bool {
	return !missing(field(v.Data, "$slice")) || !missing(field(v.Data, "$elemMatch")) || !missing(field(v.Data, "$meta"))
}

// apply returns what is shown of a document.
func (p *projection) apply(doc []byte, now int64) ([]byte, *failure) {
	if p == nil {
		return doc, nil
	}
	at, dst := begin(make([]byte, 0, len(doc)))
	s := scan(doc)
	for s.next() {
		if string(s.key) == "_id" {
			if p.id {
				dst = append(dst, s.raw...)
			}
			continue
		}
		dst = p.field(p.root.kids[string(s.key)], dst, &s)
	}
	dst = finish(dst, at)
	if len(p.sets) == 0 {
		return dst, nil
	}
	tree := &change{}
	for _, set := range p.sets {
		v, f := set.expr(&scope{root: doc, now: now})
		if f != nil {
			return nil, f
		}
		if missing(v) {
			continue
		}
		if f := tree.place(set.path, &change{op: "$set", arg: v}, set.path.String()); f != nil {
			return nil, f
		}
	}
	return (&applying{now: now, stage: true}).fields(tree, nil, dst, false)
}

// field appends what is shown of one field.
func (p *projection) field(n *shown, dst []byte, s *scanner) []byte {
	switch {
	case n == nil && p.include, n != nil && n.leaf && !p.include:
		return dst
	case n == nil, n.leaf:
		return append(dst, s.raw...)
	case isDocument(s.value()), isArray(s.value()):
		dst = append(append(append(dst, byte(s.typ)), s.key...), 0)
		return p.inside(n, dst, s.data, isArray(s.value()))
	case p.include:
		return dst
	}
	return append(dst, s.raw...)
}

// inside appends what is shown of a document, or of the documents of an array.
func (p *projection) inside(n *shown, dst, doc []byte, array bool) []byte {
	at, dst := begin(dst)
	count := 0
	s := scan(doc)
	for s.next() {
		switch {
		case !array:
			dst = p.field(n.kids[string(s.key)], dst, &s)
		case isDocument(s.value()):
			dst = append(append(append(dst, byte(s.typ)), index10(count)...), 0)
			dst = p.inside(n, dst, s.data, false)
			count++
		case !p.include:
			dst = appendValue(dst, []byte(index10(count)), s.value())
			count++
		}
	}
	return finish(dst, at)
}
