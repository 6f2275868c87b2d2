package mongotest

import (
	"slices"
	"strings"
)

// stage is one of a pipeline that changes documents one by one.
type stage struct {
	sets    []setting // $set: paths and what they get
	unsets  *change   // $unset
	root    expr      // $replaceWith
	project *projection
}

type setting struct {
	path path
	expr expr
}

// parseUpdatePipeline parses the stages that an update may have.
func parseUpdatePipeline(v value) ([]stage, *failure) {
	var stages []stage
	for _, element := range values(v.Data) {
		name, arg, f := parseStage(element)
		if f != nil {
			return nil, f
		}
		st, known, f := parseChanging(name, arg)
		if f != nil {
			return nil, f
		}
		if !known {
			return nil, fail(codeInvalidOptions, "%s is not allowed to be used within an update", name)
		}
		stages = append(stages, st)
	}
	return stages, nil
}

// parseStage takes a stage's name and argument apart.
func parseStage(v value) (string, value, *failure) {
	if !isDocument(v) {
		return "", v, fail(codeTypeMismatch, "Each element of the 'pipeline' array must be an object")
	}
	s := scan(v.Data)
	if !s.next() {
		return "", v, fail(40323, "A pipeline stage specification object must contain exactly one field.")
	}
	name, arg := string(s.key), s.value()
	if s.next() {
		return "", v, fail(40323, "A pipeline stage specification object must contain exactly one field.")
	}
	return name, arg, nil
}

// parseChanging parses a stage that changes documents one by one, if it is one.
func parseChanging(name string, arg value) (stage, bool, *failure) {
	var st stage
	var f *failure
	switch name {
	case "$set", "$addFields":
		if !isDocument(arg) || len(arg.Data) == len(emptyDocument) {
			return st, true, fail(40272, "%s specification stage must be an object with a field, got %s", name, arg.Type)
		}
		f = st.parseSet(nil, arg.Data)
	case "$unset":
		f = st.parseUnset(arg)
	case "$replaceWith":
		st.root, f = parseExpr(arg)
	case "$replaceRoot":
		st.root, f = parseExpr(field(arg.Data, "newRoot"))
	case "$project":
		if !isDocument(arg) || len(arg.Data) == len(emptyDocument) {
			return st, true, fail(51272, "Invalid $project :: caused by :: projection specification must have at least one field")
		}
		st.project, f = parseProjection(arg)
	default:
		return st, false, nil
	}
	return st, true, f
}

// parseSet gathers the paths of a $set; a document without operators is more paths.
func (st *stage) parseSet(prefix path, doc []byte) *failure {
	s := scan(doc)
	for s.next() {
		p := append(slices.Clone(prefix), parsePath(string(s.key))...)
		if strings.HasPrefix(string(s.key), "$") {
			return fail(16410, "FieldPath field names may not start with '$'. Consider using $getField or $setField: %s", s.key)
		}
		v := s.value()
		if isDocument(v) && !isOperators(v) && len(v.Data) > len(emptyDocument) {
			if f := st.parseSet(p, v.Data); f != nil {
				return f
			}
			continue
		}
		e, f := parseExpr(v)
		if f != nil {
			return f
		}
		st.sets = append(st.sets, setting{p, e})
	}
	return nil
}

func (st *stage) parseUnset(arg value) *failure {
	names := []value{arg}
	if isArray(arg) {
		names = values(arg.Data)
	}
	st.unsets = &change{}
	for _, name := range names {
		if !isText(name) {
			return fail(31002, "$unset specification must be a string or an array")
		}
		full := string(text(name))
		if f := st.unsets.place(parsePath(full), &change{op: "$unset"}, full); f != nil {
			return f
		}
	}
	return nil
}

// apply returns the document after the stage.
func (st stage) apply(doc []byte, now int64) ([]byte, *failure) {
	sc := &scope{root: doc, now: now}
	switch {
	case st.root != nil:
		v, f := st.root(sc)
		if f == nil && !isDocument(v) {
			f = fail(40228, "'newRoot' expression must evaluate to an object, but resulting value was of type %s", aliasOf(v.Type))
		}
		return v.Data, f
	case st.unsets != nil:
		return (&applying{now: now, stage: true}).fields(st.unsets, nil, doc, false)
	case st.project != nil:
		return st.project.apply(doc, now)
	}
	tree := &change{}
	for _, set := range st.sets {
		v, f := set.expr(sc)
		if f != nil {
			return doc, f
		}
		leaf := &change{op: "$set", arg: v}
		if missing(v) {
			leaf.op = "$unset"
		}
		if f := tree.place(set.path, leaf, set.path.String()); f != nil {
			return doc, f
		}
	}
	return (&applying{now: now, stage: true}).fields(tree, make([]byte, 0, len(doc)+96), doc, false)
}
