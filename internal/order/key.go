package order

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// MaxIndex is the highest index an order may have within its run.
const MaxIndex = 1<<40 - 2

// runIndex marks a RunID: the one index of a run's key range that names no order.
const runIndex = MaxIndex + 1

// prefixLen is how many leading bytes all keys of one run share.
const prefixLen = 11

// Key is the store's name of an order: a UUIDv7 (RFC 9562, section 5.7) made of the
// millisecond its run started, 34 bits that tag the run, and the order's index in
// the run, 40 bits, big-endian. Keys of one run are contiguous and sort by index;
// runs sort by start.
type Key [16]byte

// RunID names a run: the last key of the run's range, which is no order's key.
type RunID [16]byte

// NewRunID returns the ID of the run that started at the given Unix millisecond.
// Only the low 34 bits of tag count. Uniqueness is the caller's: one run per
// millisecond, or distinct tags.
func NewRunID(startMillis int64, tag uint64) RunID {
	var r RunID
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(startMillis))
	copy(r[:6], ms[2:])
	r[6] = 0x70 | byte(tag>>30)&0x0f
	r[7] = byte(tag >> 22)
	r[8] = 0x80 | byte(tag>>16)&0x3f
	r[9] = byte(tag >> 8)
	r[10] = byte(tag)
	for i := prefixLen; i < len(r); i++ {
		r[i] = 0xff
	}
	return r
}

// Key returns the key of the run's order with that index, which must be at most
// [MaxIndex].
func (r RunID) Key(index uint64) Key {
	k := Key(r)
	k[11] = byte(index >> 32)
	binary.BigEndian.PutUint32(k[12:], uint32(index))
	return k
}

// IsZero says whether r names no run at all.
func (r RunID) IsZero() bool { return r == RunID{} }

// Started returns the run's start, in whole milliseconds, UTC.
func (r RunID) Started() time.Time { return time.UnixMilli(r.millis()).UTC() }

func (r RunID) millis() int64 {
	var ms [8]byte
	copy(ms[2:], r[:6])
	return int64(binary.BigEndian.Uint64(ms[:]))
}

// String returns r in the canonical form of a UUID.
func (r RunID) String() string { return Key(r).String() }

// MarshalText implements [encoding.TextMarshaler].
func (r RunID) MarshalText() ([]byte, error) { return Key(r).MarshalText() }

// UnmarshalText implements [encoding.TextUnmarshaler]. Unlike [ParseRunID] it also takes
// what MarshalText makes of the zero RunID.
func (r *RunID) UnmarshalText(text []byte) error {
	if none := (RunID{}); string(text) == none.String() {
		*r = none
		return nil
	}
	parsed, err := ParseRunID(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// ParseRunID reads the canonical form of a RunID; [ErrInvalid] if s is no UUID or
// names an order rather than a run.
func ParseRunID(s string) (RunID, error) {
	k, err := ParseKey(s)
	if err != nil {
		return RunID{}, err
	}
	if k.Index() != runIndex {
		return RunID{}, fmt.Errorf("%w: %q is an order's id, not a run's", ErrInvalid, s)
	}
	return RunID(k), nil
}

// Run returns the run the order belongs to.
func (k Key) Run() RunID {
	r := RunID(k)
	for i := prefixLen; i < len(r); i++ {
		r[i] = 0xff
	}
	return r
}

// Index returns the order's place in its run, from 0.
func (k Key) Index() uint64 {
	return uint64(k[11])<<32 | uint64(binary.BigEndian.Uint32(k[12:]))
}

// String returns k in the canonical form of a UUID: 36 characters, lower case.
func (k Key) String() string {
	var b [36]byte
	k.encode(b[:])
	return string(b[:])
}

func (k Key) encode(dst []byte) {
	hex.Encode(dst[0:8], k[0:4])
	dst[8] = '-'
	hex.Encode(dst[9:13], k[4:6])
	dst[13] = '-'
	hex.Encode(dst[14:18], k[6:8])
	dst[18] = '-'
	hex.Encode(dst[19:23], k[8:10])
	dst[23] = '-'
	hex.Encode(dst[24:36], k[10:16])
}

// MarshalText implements [encoding.TextMarshaler].
func (k Key) MarshalText() ([]byte, error) {
	b := make([]byte, 36)
	k.encode(b)
	return b, nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *Key) UnmarshalText(text []byte) error {
	parsed, err := ParseKey(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// ParseKey reads the canonical form of a UUID, in either case; [ErrInvalid] otherwise.
func ParseKey(s string) (Key, error) {
	var k Key
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return Key{}, fmt.Errorf("%w: %q is not a UUID", ErrInvalid, s)
	}
	digits := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
	if _, err := hex.Decode(k[:], []byte(digits)); err != nil {
		return Key{}, fmt.Errorf("%w: %q is not a UUID", ErrInvalid, s)
	}
	return k, nil
}
