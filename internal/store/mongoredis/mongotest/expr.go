package mongotest

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// scope is what an expression is evaluated in.
type scope struct {
	root []byte
	now  int64 // ms
}

// expr is a parsed expression of an aggregation. It returns the missing value where a field
// is not there.
type expr func(*scope) (value, *failure)

func constant(v value) expr { return func(*scope) (value, *failure) { return v, nil } }

// parseExpr parses an expression. What it returns refers to v.
func parseExpr(v value) (expr, *failure) {
	switch {
	case isText(v) && len(text(v)) > 0 && text(v)[0] == '$':
		return parseReference(string(text(v)))
	case isOperators(v):
		s := scan(v.Data)
		s.next()
		name, arg := string(s.key), s.value()
		if s.next() {
			return nil, fail(15983, "An object representing an expression must have exactly one field: %s", v)
		}
		return parseCall(name, arg)
	case isDocument(v):
		return parseObject(v)
	case isArray(v):
		return parseArray(v)
	}
	return constant(v), nil
}

// parseReference parses a path of fields or a variable.
func parseReference(s string) (expr, *failure) {
	if name, ok := strings.CutPrefix(s, "$$"); ok {
		name, rest, _ := strings.Cut(name, ".")
		switch name {
		case "NOW":
			return func(sc *scope) (value, *failure) { return dateValue(sc.now), nil }, nil
		case "ROOT", "CURRENT":
			if rest != "" {
				return parseReference("$" + rest)
			}
			return func(sc *scope) (value, *failure) { return documentValue(sc.root), nil }, nil
		case "REMOVE":
			return constant(value{}), nil
		case "CLUSTER_TIME", "USER_ROLES", "SEARCH_META":
			return nil, lacking("the variable $$%s", name)
		}
		return nil, fail(17276, "Use of undefined variable: %s", name)
	}
	p := parsePath(s[1:])
	if slices.Contains(p, "") {
		return nil, fail(40353, "FieldPath must not end with a '.' or have an empty part: '%s'", s)
	}
	return func(sc *scope) (value, *failure) { return p.gather(field(sc.root, p[0])), nil }, nil
}

// gather follows the rest of a path from a value as expressions do: through an array, it
// makes an array of what its documents have there.
func (p path) gather(v value) value {
	if len(p) == 1 {
		return v
	}
	switch {
	case isDocument(v):
		return p[1:].gather(field(v.Data, p[1]))
	case isArray(v):
		var all []value
		for _, element := range values(v.Data) {
			if isDocument(element) {
				if found := p.gather(element); !missing(found) {
					all = append(all, found)
				}
			}
		}
		return arrayValue(bsoncore.BuildArray(nil, all...))
	}
	return value{}
}

func parseObject(v value) (expr, *failure) {
	type part struct {
		key []byte
		e   expr
	}
	var parts []part
	s := scan(v.Data)
	for s.next() {
		e, f := parseExpr(s.value())
		if f != nil {
			return nil, f
		}
		parts = append(parts, part{s.key, e})
	}
	return func(sc *scope) (value, *failure) {
		at, dst := begin(nil)
		for _, p := range parts {
			v, f := p.e(sc)
			if f != nil {
				return v, f
			}
			if !missing(v) {
				dst = appendValue(dst, p.key, v)
			}
		}
		return documentValue(finish(dst, at)), nil
	}, nil
}

func parseArray(v value) (expr, *failure) {
	parts, f := parseExprs(values(v.Data))
	if f != nil {
		return nil, f
	}
	return func(sc *scope) (value, *failure) {
		all, f := evaluate(sc, parts)
		for i := range all {
			if missing(all[i]) {
				all[i] = nullValue()
			}
		}
		return arrayValue(bsoncore.BuildArray(nil, all...)), f
	}, nil
}

func parseExprs(vals []value) ([]expr, *failure) {
	parts := make([]expr, len(vals))
	for i, v := range vals {
		var f *failure
		if parts[i], f = parseExpr(v); f != nil {
			return nil, f
		}
	}
	return parts, nil
}

func evaluate(sc *scope, parts []expr) ([]value, *failure) {
	all := make([]value, len(parts))
	for i, e := range parts {
		var f *failure
		if all[i], f = e(sc); f != nil {
			return nil, f
		}
	}
	return all, nil
}

// parseCall parses an operator with its argument.
func parseCall(name string, arg value) (expr, *failure) {
	switch name {
	case "$literal":
		return constant(arg), nil
	case "$cond":
		return parseCond(arg)
	case "$switch":
		return parseSwitch(arg)
	case "$dateAdd", "$dateSubtract":
		return parseDateAdd(name, arg)
	}
	op, ok := operators()[name]
	if !ok {
		return nil, fail(168, "Unrecognized expression '%s' (mongotest knows some expressions only)", name)
	}
	args := []value{arg}
	if isArray(arg) {
		args = values(arg.Data)
	}
	if len(args) < op.least || op.most > 0 && len(args) > op.most {
		return nil, fail(16020, "Expression %s takes at least %d and at most %d arguments. %d were passed in.", name, op.least, op.most, len(args))
	}
	parts, f := parseExprs(args)
	if f != nil {
		return nil, f
	}
	if op.lazy != nil {
		return op.lazy(parts), nil
	}
	return func(sc *scope) (value, *failure) {
		all, f := evaluate(sc, parts)
		if f != nil {
			return value{}, f
		}
		return op.call(all)
	}, nil
}

func parseCond(arg value) (expr, *failure) {
	var args []value
	switch {
	case isArray(arg):
		args = values(arg.Data)
	case isDocument(arg):
		args = []value{field(arg.Data, "if"), field(arg.Data, "then"), field(arg.Data, "else")}
	}
	if len(args) != 3 || missing(args[0]) || missing(args[1]) || missing(args[2]) {
		return nil, fail(17080, "$cond needs if, then and else")
	}
	parts, f := parseExprs(args)
	if f != nil {
		return nil, f
	}
	return func(sc *scope) (value, *failure) {
		v, f := parts[0](sc)
		if f != nil {
			return v, f
		}
		if truthy(v) {
			return parts[1](sc)
		}
		return parts[2](sc)
	}, nil
}

func parseSwitch(arg value) (expr, *failure) {
	branches := field(arg.Data, "branches")
	if !isDocument(arg) || !isArray(branches) {
		return nil, fail(40060, "$switch requires an object with branches")
	}
	var cases, results []value
	for _, b := range values(branches.Data) {
		if !isDocument(b) || missing(field(b.Data, "case")) || missing(field(b.Data, "then")) {
			return nil, fail(40067, "$switch requires each branch have a 'case' and a 'then' expression")
		}
		cases, results = append(cases, field(b.Data, "case")), append(results, field(b.Data, "then"))
	}
	conditions, f := parseExprs(cases)
	if f != nil {
		return nil, f
	}
	outcomes, f := parseExprs(append(results, field(arg.Data, "default")))
	if f != nil {
		return nil, f
	}
	hasDefault := !missing(field(arg.Data, "default"))
	return func(sc *scope) (value, *failure) {
		for i, condition := range conditions {
			v, f := condition(sc)
			if f != nil {
				return v, f
			}
			if truthy(v) {
				return outcomes[i](sc)
			}
		}
		if !hasDefault {
			return value{}, fail(40066, "$switch could not find a matching branch for an input, and no default was specified.")
		}
		return outcomes[len(conditions)](sc)
	}, nil
}

// unitLength returns how many milliseconds a unit of dates has, or 0.
func unitLength(unit string) int64 {
	switch unit {
	case "millisecond":
		return 1
	case "second":
		return 1000
	case "minute":
		return 60_000
	case "hour":
		return 3_600_000
	case "day":
		return 86_400_000
	case "week":
		return 7 * 86_400_000
	}
	return 0
}

func parseDateAdd(name string, arg value) (expr, *failure) {
	if !isDocument(arg) {
		return nil, fail(codeFailedToParse, "%s expects an object as its argument", name)
	}
	parts, f := parseExprs([]value{field(arg.Data, "startDate"), field(arg.Data, "unit"), field(arg.Data, "amount")})
	if f != nil {
		return nil, f
	}
	return func(sc *scope) (value, *failure) {
		all, f := evaluate(sc, parts)
		if f != nil {
			return value{}, f
		}
		start, unit, amount := all[0], all[1], all[2]
		if absent(start) || absent(amount) {
			return nullValue(), nil
		}
		if start.Type != bsoncore.TypeDateTime || !isText(unit) || class(amount.Type) != classNumber {
			return value{}, fail(5166403, "%s requires startDate to be a date, unit a string and amount an integer", name)
		}
		length := unitLength(string(text(unit)))
		if length == 0 {
			return value{}, lacking("the unit %s of %s", unit, name)
		}
		if name == "$dateSubtract" {
			length = -length
		}
		return dateValue(start.DateTime() + length*amount.AsInt64()), nil
	}, nil
}

// absent says whether a value is null or not there.
func absent(v value) bool { return class(v.Type) == classNull || v.Type == bsoncore.TypeUndefined }
