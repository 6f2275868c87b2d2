package pebblestore

import (
	"encoding/binary"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// The first byte of every key says what row it is.
const (
	rowOrder    = 'o'
	rowOutcome  = 's'
	rowBlock    = 'j'
	rowDelayed  = 'r'
	rowDead     = 'x'
	rowRef      = 'u'
	rowCounters = 'c'
	rowRun      = 'n'
	rowHidden   = 'h'
	rowMeta     = 'm'
	rowIdem     = 'k'
	rowInHand   = 'i'
	rowSamples  = 't'
)

// orderKeyLen is the length of an o, s, j or x key.
const orderKeyLen = 2 + 16

func appendOrderKey(dst []byte, row byte, lane order.Priority, k order.Key) []byte {
	dst = append(dst, row, byte(lane))
	return append(dst, k[:]...)
}

func orderKey(row byte, lane order.Priority, k order.Key) []byte {
	return appendOrderKey(make([]byte, 0, orderKeyLen), row, lane, k)
}

// parseOrderKey reads an o, s, j or x key; ok is false if it is none.
func parseOrderKey(b []byte) (lane order.Priority, k order.Key, ok bool) {
	if len(b) != orderKeyLen || b[1] >= order.PriorityCount {
		return 0, order.Key{}, false
	}
	copy(k[:], b[2:])
	return order.Priority(b[1]), k, true
}

func delayedKey(lane order.Priority, due time.Time, seq uint64) []byte {
	b := make([]byte, 2, 18)
	b[0], b[1] = rowDelayed, byte(lane)
	b = binary.BigEndian.AppendUint64(b, uint64(max(0, due.UnixMilli())))
	return binary.BigEndian.AppendUint64(b, seq)
}

func parseDelayedKey(b []byte) (lane order.Priority, due time.Time, seq uint64, ok bool) {
	if len(b) != 18 || b[1] >= order.PriorityCount {
		return 0, time.Time{}, 0, false
	}
	millis := int64(binary.BigEndian.Uint64(b[2:]))
	return order.Priority(b[1]), time.UnixMilli(millis).UTC(), binary.BigEndian.Uint64(b[10:]), true
}

func runKey(id order.RunID) []byte { return append([]byte{rowRun}, id[:]...) }

func countersKey(id order.RunID, lane order.Priority) []byte {
	return append(append([]byte{rowCounters}, id[:]...), byte(lane))
}

func hiddenKey(id order.RunID) []byte { return append([]byte{rowHidden}, id[:]...) }

func refKey(ref string) []byte { return append([]byte{rowRef}, ref...) }

func idemKey(key string) []byte { return append([]byte{rowIdem}, key...) }

func metaKey(name string) []byte { return append([]byte{rowMeta}, name...) }

// after returns the first key that is greater than every key starting with prefix,
// which must hold a byte other than 0xff.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
