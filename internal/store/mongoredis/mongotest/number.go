package mongotest

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// add adds two numbers as MongoDB does: the sum has the wider type, and an int that grows
// too large becomes a long.
func add(a, b value) (value, *failure) {
	if a.Type == bsoncore.TypeDouble || b.Type == bsoncore.TypeDouble {
		return doubleValue(a.AsFloat64() + b.AsFloat64()), nil
	}
	x, y := a.AsInt64(), b.AsInt64()
	sum := x + y
	if (sum > x) != (y > 0) && y != 0 {
		return a, fail(codeBadValue, "Failed to add %d to %d: the result is no 64-bit integer", y, x)
	}
	return integer(sum, a, b), nil
}

// multiply is add for products.
func multiply(a, b value) (value, *failure) {
	if a.Type == bsoncore.TypeDouble || b.Type == bsoncore.TypeDouble {
		return doubleValue(a.AsFloat64() * b.AsFloat64()), nil
	}
	x, y := a.AsInt64(), b.AsInt64()
	product := x * y
	if x != 0 && (product/x != y || x == -1 && y == math.MinInt64) {
		return a, fail(codeBadValue, "Failed to multiply %d by %d: the result is no 64-bit integer", x, y)
	}
	return integer(product, a, b), nil
}

// integer returns a result in the type that its operands call for.
func integer(n int64, operands ...value) value {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return int64Value(n)
	}
	for _, v := range operands {
		if v.Type == bsoncore.TypeInt64 {
			return int64Value(n)
		}
	}
	return int32Value(int32(n))
}
