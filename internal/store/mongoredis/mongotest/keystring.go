package mongotest

import (
	"bytes"
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// The classes of types, in the order in which MongoDB sorts values of different types. A
// class starts each encoded value; 0 and 255 never do.
const (
	classMinKey    = 1
	classUndefined = 5 // and the empty array, where its elements are sorted by
	classNull      = 10
	classNumber    = 20
	classDecimal   = 21 // limit of the double: above all other numbers
	classText      = 30
	classDocument  = 40
	classArray     = 50
	classBinary    = 60
	classObjectID  = 70
	classBoolean   = 80
	classDate      = 90
	classTimestamp = 100
	classRegex     = 110
	classOther     = 120
	classMaxKey    = 250
)

// class returns the class of a type. A field that is not there sorts as null.
func class(t bsoncore.Type) byte {
	switch t {
	case 0, bsoncore.TypeNull:
		return classNull
	case bsoncore.TypeMinKey:
		return classMinKey
	case bsoncore.TypeUndefined:
		return classUndefined
	case bsoncore.TypeInt32, bsoncore.TypeInt64, bsoncore.TypeDouble:
		return classNumber
	case bsoncore.TypeDecimal128:
		return classDecimal
	case bsoncore.TypeString, bsoncore.TypeSymbol:
		return classText
	case bsoncore.TypeEmbeddedDocument:
		return classDocument
	case bsoncore.TypeArray:
		return classArray
	case bsoncore.TypeBinary:
		return classBinary
	case bsoncore.TypeObjectID:
		return classObjectID
	case bsoncore.TypeBoolean:
		return classBoolean
	case bsoncore.TypeDateTime:
		return classDate
	case bsoncore.TypeTimestamp:
		return classTimestamp
	case bsoncore.TypeRegex:
		return classRegex
	case bsoncore.TypeMaxKey:
		return classMaxKey
	}
	return classOther
}

// appendKey appends a value's encoding: compared byte by byte, encodings sort as the
// values do, numbers by value whatever their type. None is the start of another's.
func appendKey(dst []byte, v value) []byte {
	dst = append(dst, class(v.Type))
	switch v.Type {
	case bsoncore.TypeInt32:
		return appendNumber(dst, float64(v.Int32()), 0)
	case bsoncore.TypeInt64:
		return appendInt64(dst, v.Int64())
	case bsoncore.TypeDouble:
		return appendNumber(dst, v.Double(), 0)
	case bsoncore.TypeString, bsoncore.TypeSymbol:
		return appendEscaped(dst, text(v))
	case bsoncore.TypeEmbeddedDocument:
		return appendFields(dst, v.Data, true)
	case bsoncore.TypeArray:
		return appendFields(dst, v.Data, false)
	case bsoncore.TypeBinary:
		return append(append(append(dst, v.Data[3], v.Data[2], v.Data[1], v.Data[0]), v.Data[4]), v.Data[5:]...)
	case bsoncore.TypeDateTime:
		return binary.BigEndian.AppendUint64(dst, uint64(v.DateTime())^1<<63)
	case bsoncore.TypeTimestamp:
		return binary.BigEndian.AppendUint64(dst, binary.LittleEndian.Uint64(v.Data))
	case bsoncore.TypeObjectID, bsoncore.TypeBoolean:
		return append(dst, v.Data...)
	case 0, bsoncore.TypeNull, bsoncore.TypeUndefined, bsoncore.TypeMinKey, bsoncore.TypeMaxKey:
		return dst
	}
	return appendEscaped(append(dst, byte(v.Type)), v.Data)
}

// appendNumber appends a double and how far above it the number truly is.
func appendNumber(dst []byte, f float64, above int16) []byte {
	if f == 0 {
		f = 0 // one zero
	}
	bits := math.Float64bits(f)
	switch {
	case math.IsNaN(f):
		bits = 0 // below all other numbers
	case bits>>63 == 1:
		bits = ^bits
	default:
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(dst, bits), uint16(above)^1<<15)
}

// appendInt64 appends an integer as the double nearest to it and the rest, which a double
// cannot hold.
func appendInt64(dst []byte, n int64) []byte {
	f := float64(n)
	if f >= 1<<63 {
		return appendNumber(dst, f, int16(n-math.MaxInt64-1))
	}
	return appendNumber(dst, f, int16(n-int64(f)))
}

// appendEscaped appends bytes and an end that sorts before anything that could follow.
func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			return append(append(dst, b...), 0, 0)
		}
		dst = append(append(dst, b[:i]...), 0, 0xFF)
		b = b[i+1:]
	}
}

// appendFields appends the fields of a document, or the elements of an array: each its
// class, its name and its value.
func appendFields(dst, doc []byte, named bool) []byte {
	s := scan(doc)
	for s.next() {
		if named {
			dst = append(dst, class(s.typ))
			dst = append(append(dst, s.key...), 0)
		}
		dst = appendKey(dst, s.value())
	}
	return append(dst, 0)
}

// compare orders two values as MongoDB sorts them.
func compare(a, b value) int {
	if ca, cb := class(a.Type), class(b.Type); ca != cb {
		return int(ca) - int(cb)
	}
	if isText(a) && isText(b) {
		return bytes.Compare(text(a), text(b))
	}
	var left, right [64]byte
	return bytes.Compare(appendKey(left[:0], a), appendKey(right[:0], b))
}

// successor returns the shortest string above every string that starts with prefix.
func successor(prefix []byte) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			next := bytes.Clone(prefix[:i+1])
			next[i]++
			return string(next)
		}
	}
	return ""
}
