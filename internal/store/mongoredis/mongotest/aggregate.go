package mongotest

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// step turns the documents of an aggregation into those of the next stage.
type step func([][]byte) ([][]byte, *failure)

func aggregate(r *request, dst []byte) ([]byte, *failure) {
	pipeline := r.get("pipeline")
	if !isArray(pipeline) {
		return dst, fail(codeTypeMismatch, "'pipeline' option must be specified as an array")
	}
	if !isDocument(r.get("cursor")) {
		return dst, fail(codeFailedToParse, "The 'cursor' option is required, except for aggregate with the explain argument")
	}
	if missing(r.get("aggregate")) || !isText(r.get("aggregate")) {
		return dst, lacking("an aggregation that is not on a collection")
	}
	c := r.srv.catalog.get(r.db, r.coll)
	q, f := r.parseQuery(c, "query")
	if f != nil {
		return dst, f
	}
	steps, f := r.parsePipeline(values(pipeline.Data), &q)
	if f != nil {
		return dst, f
	}
	docs, f := c.docs(r, q)
	for _, st := range steps {
		if f != nil {
			return dst, f
		}
		docs, f = st(docs)
	}
	if f != nil {
		return dst, f
	}
	return r.reply(dst, docs, r.db+"."+r.coll, batchSize(field(r.get("cursor").Data, "batchSize")))
}

// parsePipeline parses the stages. Those at its start that a query can do go there.
func (r *request) parsePipeline(stages []value, q *query) ([]step, *failure) {
	now := r.srv.now()
	var steps []step
	for i, element := range stages {
		name, arg, f := parseStage(element)
		if f != nil {
			return nil, f
		}
		matched := len(q.filter.kids) > 0
		switch {
		case name == "$match" && i == 0:
			q.filter, f = r.filter(arg)
		case name == "$sort" && (i == 0 || i == 1 && matched):
			q.sort, f = parseSort(arg)
		case name == "$limit" && len(steps) == 0 && q.limit == 0 && class(arg.Type) == classNumber && arg.AsInt64() > 0:
			q.limit = int(arg.AsInt64())
		default:
			var st step
			st, f = parseStep(name, arg, now)
			steps = append(steps, st)
		}
		if f != nil {
			return nil, f
		}
	}
	return steps, nil
}

// parseStep parses a stage of an aggregation.
func parseStep(name string, arg value, now int64) (step, *failure) {
	switch name {
	case "$match":
		wanted, f := optionalFilter(arg)
		if f != nil {
			return nil, f
		}
		wanted.at(now)
		return func(docs [][]byte) ([][]byte, *failure) { return matching(docs, wanted), nil }, nil
	case "$sort":
		order, f := parseSort(arg)
		return func(docs [][]byte) ([][]byte, *failure) {
			sortBy(docs, order, func(doc []byte) []byte { return doc })
			return docs, nil
		}, f
	case "$limit", "$skip":
		n, ok := arg.AsInt64OK()
		if !ok || n < 0 || n == 0 && name == "$limit" {
			return nil, fail(15958, "the limit must be positive, and the skip not negative")
		}
		return func(docs [][]byte) ([][]byte, *failure) {
			at := min(int(n), len(docs))
			if name == "$limit" {
				return docs[:at], nil
			}
			return docs[at:], nil
		}, nil
	case "$count":
		return parseCount(arg)
	case "$unwind":
		return parseUnwind(arg)
	case "$group":
		return parseGroup(arg, now)
	case "$lookup", "$facet", "$merge", "$out", "$unionWith", "$graphLookup", "$bucket", "$bucketAuto", "$sortByCount",
		"$sample", "$changeStream", "$collStats", "$indexStats", "$geoNear", "$redact", "$densify", "$fill", "$setWindowFields":
		return nil, lacking("the stage %s", name)
	}
	st, known, f := parseChanging(name, arg)
	if !known {
		return nil, fail(40324, "Unrecognized pipeline stage name: '%s'", name)
	}
	return func(docs [][]byte) ([][]byte, *failure) {
		changed := make([][]byte, len(docs))
		for i, doc := range docs {
			var f *failure
			if changed[i], f = st.apply(doc, now); f != nil {
				return nil, f
			}
		}
		return changed, nil
	}, f
}

func matching(docs [][]byte, wanted *filter) [][]byte {
	var found [][]byte
	for _, doc := range docs {
		if wanted.match(doc) {
			found = append(found, doc)
		}
	}
	return found
}

func parseCount(arg value) (step, *failure) {
	if !isText(arg) || len(text(arg)) == 0 || text(arg)[0] == '$' {
		return nil, fail(40156, "the count field must be a non-empty string that does not start with '$'")
	}
	return func(docs [][]byte) ([][]byte, *failure) {
		if len(docs) == 0 {
			return nil, nil
		}
		return [][]byte{bsoncore.NewDocumentBuilder().AppendInt32(string(text(arg)), int32(len(docs))).Build()}, nil
	}, nil
}

// parseUnwind parses the stage that makes a document of each element of an array.
func parseUnwind(arg value) (step, *failure) {
	name := arg
	keep := false
	if isDocument(arg) {
		name = field(arg.Data, "path")
		keep = truthy(field(arg.Data, "preserveNullAndEmptyArrays"))
		if !missing(field(arg.Data, "includeArrayIndex")) {
			return nil, lacking("includeArrayIndex of $unwind")
		}
	}
	if !isText(name) || len(text(name)) < 2 || text(name)[0] != '$' {
		return nil, fail(28818, "path option to $unwind stage should be prefixed with a '$': %s", name)
	}
	p := parsePath(string(text(name)[1:]))
	return func(docs [][]byte) ([][]byte, *failure) {
		var all [][]byte
		for _, doc := range docs {
			v := p.get(doc)
			elements := values(v.Data)
			switch {
			case !isArray(v) && !absent(v), keep && (absent(v) || len(elements) == 0):
				all = append(all, doc)
				continue
			case absent(v):
				continue
			}
			for _, element := range elements {
				tree := &change{}
				if f := tree.place(p, &change{op: "$set", arg: element}, p.String()); f != nil {
					return nil, f
				}
				unwound, f := (&applying{}).fields(tree, nil, doc, false)
				if f != nil {
					return nil, f
				}
				all = append(all, unwound)
			}
		}
		return all, nil
	}, nil
}
