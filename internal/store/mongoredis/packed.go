package mongoredis

import (
	"encoding/binary"
	"fmt"

	"github.com/filavip/filavip/internal/order"
)

// pack encodes ascending indexes as the differences between them, in varints: about a
// byte per order.
func pack(indexes []uint64) []byte {
	packed := make([]byte, 0, len(indexes)+8)
	var before uint64
	for _, index := range indexes {
		packed = binary.AppendUvarint(packed, index-before)
		before = index
	}
	return packed
}

// unpack is the inverse of pack.
func unpack(packed []byte) ([]uint64, error) {
	indexes := make([]uint64, 0, len(packed))
	var index uint64
	for len(packed) > 0 {
		step, n := binary.Uvarint(packed)
		if n <= 0 {
			return nil, fmt.Errorf("%w: packed indexes", order.ErrCorrupt)
		}
		index += step
		indexes, packed = append(indexes, index), packed[n:]
	}
	return indexes, nil
}
