package order

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
)

// Digest is a sum, modulo 2^128, of [Order.Sum] over a set of orders. Being a sum,
// it does not depend on the order of its terms, and settles can add to it in any
// sequence. It detects accidents, not forgery.
type Digest struct{ Hi, Lo uint64 }

// Add returns d + e.
func (d Digest) Add(e Digest) Digest {
	lo, carry := bits.Add64(d.Lo, e.Lo, 0)
	hi, _ := bits.Add64(d.Hi, e.Hi, carry)
	return Digest{hi, lo}
}

// Sub returns d - e.
func (d Digest) Sub(e Digest) Digest {
	lo, borrow := bits.Sub64(d.Lo, e.Lo, 0)
	hi, _ := bits.Sub64(d.Hi, e.Hi, borrow)
	return Digest{hi, lo}
}

// String returns 32 hexadecimal digits.
func (d Digest) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], d.Hi)
	binary.BigEndian.PutUint64(b[8:], d.Lo)
	return hex.EncodeToString(b[:])
}

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(text []byte) error {
	var b [16]byte
	if len(text) != hex.EncodedLen(len(b)) {
		return fmt.Errorf("%w: digest of %d bytes; allowed: 32 hexadecimal digits", ErrInvalid, len(text))
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return fmt.Errorf("%w: digest %q; allowed: 32 hexadecimal digits", ErrInvalid, text)
	}
	d.Hi, d.Lo = binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	return nil
}

// Odd constants with well spread bits: the leading bits of the square roots of the
// first six primes.
const (
	k0 = 0x6a09e667f3bcc909
	k1 = 0xbb67ae8584caa73b
	k2 = 0x3c6ef372fe94f82b
	k3 = 0xa54ff53a5f1d36f1
	k4 = 0x510e527fade682d1
	k5 = 0x9b05688c2b3e6c1f
)

// sum128 absorbs 64-bit words into two lanes of multiply-and-fold, the mixing step
// of wyhash. Each word enters both lanes under different constants.
type sum128 struct{ a, b uint64 }

func (s *sum128) word(w uint64) {
	hi, lo := bits.Mul64(s.a^w^k0, k1)
	s.a = hi ^ bits.RotateLeft64(lo, 31) ^ w
	hi, lo = bits.Mul64(s.b^w^k2, k3)
	s.b = hi ^ bits.RotateLeft64(lo, 29) + w
}

func (s *sum128) text(t string) {
	s.word(uint64(len(t)))
	for len(t) >= 8 {
		s.word(le64(t))
		t = t[8:]
	}
	if len(t) > 0 {
		var tail uint64
		for i := range len(t) {
			tail |= uint64(t[i]) << (8 * i)
		}
		s.word(tail)
	}
}

func le64(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// Sum returns the order's term of the digest: a hash of its index, customer, amount,
// tier, note and status. Key, ref and the instants do not enter, so that the digest
// of a generated run depends on its seed alone.
func (o *Order) Sum() Digest {
	s := sum128{k4, k5}
	s.word(o.Key.Index())
	s.word(uint64(o.Amount)<<16 | uint64(o.Tier)<<8 | uint64(o.Status))
	s.text(o.Customer)
	s.text(o.Note)
	s.word(k0)
	return Digest{s.a, s.b}
}
