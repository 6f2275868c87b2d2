package mongotest

import (
	"bytes"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// operator is one of an expression.
type operator struct {
	least, most int // arguments; a most of 0 is no limit
	call        func([]value) (value, *failure)
	lazy        func([]expr) expr // instead of call, if not all arguments are always evaluated
}

// operators returns those that take a list of arguments.
func operators() map[string]operator {
	comparison := func(holds func(int) bool) operator {
		return operator{least: 2, most: 2, call: func(v []value) (value, *failure) { return boolValue(holds(order2(v[0], v[1]))), nil }}
	}
	return map[string]operator{
		"$eq":  comparison(func(c int) bool { return c == 0 }),
		"$ne":  comparison(func(c int) bool { return c != 0 }),
		"$lt":  comparison(func(c int) bool { return c < 0 }),
		"$lte": comparison(func(c int) bool { return c <= 0 }),
		"$gt":  comparison(func(c int) bool { return c > 0 }),
		"$gte": comparison(func(c int) bool { return c >= 0 }),
		"$cmp": {least: 2, most: 2, call: func(v []value) (value, *failure) {
			return int32Value(int32(max(-1, min(1, order2(v[0], v[1]))))), nil
		}},
		"$and":          {lazy: func(parts []expr) expr { return junction(parts, false) }},
		"$or":           {lazy: func(parts []expr) expr { return junction(parts, true) }},
		"$not":          {least: 1, most: 1, call: func(v []value) (value, *failure) { return boolValue(!truthy(v[0])), nil }},
		"$ifNull":       {least: 2, lazy: ifNull},
		"$add":          {call: sum},
		"$subtract":     {least: 2, most: 2, call: subtract},
		"$multiply":     {call: product},
		"$divide":       {least: 2, most: 2, call: divide},
		"$mod":          {least: 2, most: 2, call: modulo},
		"$max":          {least: 1, call: func(v []value) (value, *failure) { return extreme(spread(v), 1), nil }},
		"$min":          {least: 1, call: func(v []value) (value, *failure) { return extreme(spread(v), -1), nil }},
		"$mergeObjects": {call: mergeObjects},
		"$concat":       {call: concat},
		"$concatArrays": {call: concatArrays},
		"$size":         {least: 1, most: 1, call: sizeOf},
		"$in":           {least: 2, most: 2, call: within},
		"$type":         {least: 1, most: 1, call: func(v []value) (value, *failure) { return textValue(aliasOf(v[0].Type)), nil }},
		"$toLong":       {least: 1, most: 1, call: toLong},
		"$arrayElemAt":  {least: 2, most: 2, call: elementAt},
	}
}

// order2 compares as expressions do: a field that is not there is below null.
func order2(a, b value) int {
	if missing(a) != missing(b) && class(a.Type) == class(b.Type) {
		if missing(a) {
			return -1
		}
		return 1
	}
	return compare(a, b)
}

// junction is $or, or $and: it ends with the first that decides.
func junction(parts []expr, or bool) expr {
	return func(sc *scope) (value, *failure) {
		for _, part := range parts {
			v, f := part(sc)
			if f != nil {
				return v, f
			}
			if truthy(v) == or {
				return boolValue(or), nil
			}
		}
		return boolValue(!or), nil
	}
}

func ifNull(parts []expr) expr {
	return func(sc *scope) (value, *failure) {
		for _, part := range parts[:len(parts)-1] {
			v, f := part(sc)
			if f != nil || !absent(v) {
				return v, f
			}
		}
		return parts[len(parts)-1](sc)
	}
}

// sum is $add: of numbers, and of at most one date.
func sum(all []value) (value, *failure) {
	total := int32Value(0)
	date := false
	for _, v := range all {
		switch {
		case absent(v):
			return nullValue(), nil
		case v.Type == bsoncore.TypeDateTime:
			if date {
				return v, fail(16612, "only one date allowed in an $add expression")
			}
			date = true
			v = int64Value(v.DateTime())
		case class(v.Type) != classNumber:
			return v, fail(codeTypeMismatch, "$add only supports numeric or date types, not %s", aliasOf(v.Type))
		}
		var f *failure
		if total, f = add(total, v); f != nil {
			return v, f
		}
	}
	if date {
		return dateValue(int64(math.Round(total.AsFloat64()))), nil
	}
	return total, nil
}

func subtract(v []value) (value, *failure) {
	a, b := v[0], v[1]
	switch {
	case absent(a) || absent(b):
		return nullValue(), nil
	case a.Type == bsoncore.TypeDateTime && b.Type == bsoncore.TypeDateTime:
		return int64Value(a.DateTime() - b.DateTime()), nil
	case a.Type == bsoncore.TypeDateTime && class(b.Type) == classNumber:
		return dateValue(a.DateTime() - int64(math.Round(b.AsFloat64()))), nil
	case class(a.Type) != classNumber || class(b.Type) != classNumber:
		return a, fail(codeTypeMismatch, "can't $subtract %s from %s", aliasOf(b.Type), aliasOf(a.Type))
	}
	negative, f := multiply(b, int32Value(-1))
	if f != nil {
		return a, f
	}
	return add(a, negative)
}

func product(all []value) (value, *failure) {
	total := int32Value(1)
	for _, v := range all {
		if absent(v) {
			return nullValue(), nil
		}
		if class(v.Type) != classNumber {
			return v, fail(codeTypeMismatch, "$multiply only supports numeric types, not %s", aliasOf(v.Type))
		}
		var f *failure
		if total, f = multiply(total, v); f != nil {
			return v, f
		}
	}
	return total, nil
}

func divide(v []value) (value, *failure) {
	if absent(v[0]) || absent(v[1]) {
		return nullValue(), nil
	}
	if class(v[0].Type) != classNumber || class(v[1].Type) != classNumber {
		return v[0], fail(codeTypeMismatch, "$divide only supports numeric types, not %s and %s", aliasOf(v[0].Type), aliasOf(v[1].Type))
	}
	if v[1].AsFloat64() == 0 {
		return v[0], fail(codeBadValue, "can't $divide by zero")
	}
	return doubleValue(v[0].AsFloat64() / v[1].AsFloat64()), nil
}

func modulo(v []value) (value, *failure) {
	if absent(v[0]) || absent(v[1]) {
		return nullValue(), nil
	}
	if class(v[0].Type) != classNumber || class(v[1].Type) != classNumber {
		return v[0], fail(codeTypeMismatch, "$mod only supports numeric types, not %s and %s", aliasOf(v[0].Type), aliasOf(v[1].Type))
	}
	if v[1].AsFloat64() == 0 {
		return v[0], fail(codeBadValue, "can't $mod by zero")
	}
	if v[0].Type == bsoncore.TypeDouble || v[1].Type == bsoncore.TypeDouble {
		return doubleValue(math.Mod(v[0].AsFloat64(), v[1].AsFloat64())), nil
	}
	return integer(v[0].AsInt64()%v[1].AsInt64(), v[0], v[1]), nil
}

// spread turns a single argument that is an array into its elements.
func spread(v []value) []value {
	if len(v) == 1 && isArray(v[0]) {
		return values(v[0].Data)
	}
	return v
}

// extreme returns the greatest value, or the least where sign is -1; null where there is
// none that is not null.
func extreme(all []value, sign int) value {
	best := nullValue()
	for _, v := range all {
		if !absent(v) && (absent(best) || compare(v, best)*sign > 0) {
			best = v
		}
	}
	return best
}

func mergeObjects(all []value) (value, *failure) {
	merged := []byte(emptyDocument)
	for _, v := range spread(all) {
		if absent(v) {
			continue
		}
		if !isDocument(v) {
			return v, fail(40400, "$mergeObjects requires object inputs, but input %s is of type %s", v, aliasOf(v.Type))
		}
		merged = merge(merged, v.Data)
	}
	return documentValue(merged), nil
}

// merge returns a document with the fields of two; the second's win, in the first's places.
func merge(a, b []byte) []byte {
	at, dst := begin(make([]byte, 0, len(a)+len(b)))
	s := scan(a)
	for s.next() {
		if v := field(b, string(s.key)); !missing(v) {
			dst = appendValue(dst, s.key, v)
		} else {
			dst = append(dst, s.raw...)
		}
	}
	s = scan(b)
	for s.next() {
		if missing(field(a, string(s.key))) {
			dst = append(dst, s.raw...)
		}
	}
	return finish(dst, at)
}

func concat(all []value) (value, *failure) {
	var b bytes.Buffer
	for _, v := range all {
		if absent(v) {
			return nullValue(), nil
		}
		if !isText(v) {
			return v, fail(16702, "$concat only supports strings, not %s", aliasOf(v.Type))
		}
		b.Write(text(v))
	}
	return textValue(b.String()), nil
}

func concatArrays(all []value) (value, *failure) {
	var joined []value
	for _, v := range all {
		if absent(v) {
			return nullValue(), nil
		}
		if !isArray(v) {
			return v, fail(28664, "$concatArrays only supports arrays, not %s", aliasOf(v.Type))
		}
		joined = append(joined, values(v.Data)...)
	}
	return arrayValue(bsoncore.BuildArray(nil, joined...)), nil
}

func sizeOf(v []value) (value, *failure) {
	if !isArray(v[0]) {
		return v[0], fail(17124, "The argument to $size must be an array, but was of type: %s", aliasOf(v[0].Type))
	}
	return int32Value(int32(len(values(v[0].Data)))), nil
}

func within(v []value) (value, *failure) {
	if !isArray(v[1]) {
		return v[1], fail(40081, "$in requires an array as a second argument, found: %s", aliasOf(v[1].Type))
	}
	return boolValue(slices.ContainsFunc(values(v[1].Data), func(element value) bool { return order2(v[0], element) == 0 })), nil
}

func toLong(v []value) (value, *failure) {
	switch {
	case absent(v[0]):
		return nullValue(), nil
	case v[0].Type == bsoncore.TypeDateTime:
		return int64Value(v[0].DateTime()), nil
	case class(v[0].Type) == classNumber:
		return int64Value(v[0].AsInt64()), nil
	case v[0].Type == bsoncore.TypeBoolean:
		return int64Value(int64(v[0].Data[0])), nil
	}
	return v[0], fail(241, "Unsupported conversion from %s to long in $convert with no onError value", aliasOf(v[0].Type))
}

func elementAt(v []value) (value, *failure) {
	if absent(v[0]) || absent(v[1]) {
		return nullValue(), nil
	}
	if !isArray(v[0]) || class(v[1].Type) != classNumber {
		return v[0], fail(28689, "$arrayElemAt's first argument must be an array and its second a number, but they are %s and %s", aliasOf(v[0].Type), aliasOf(v[1].Type))
	}
	all := values(v[0].Data)
	i := int(v[1].AsInt64())
	if i < 0 {
		i += len(all)
	}
	if i < 0 || i >= len(all) {
		return value{}, nil
	}
	return all[i], nil
}

// aliasOf returns MongoDB's name of a type.
func aliasOf(t bsoncore.Type) string {
	for alias, named := range typeAliases() {
		if named == t {
			return alias
		}
	}
	return "missing"
}
