package orderio

import "strings"

// arenaSize is how much text shares one allocation.
const arenaSize = 16 << 10

// arena copies short texts into shared memory, so that an order costs no allocation of
// its own. A text keeps the memory of its neighbours alive, which are orders of the
// same stretch of the input. The zero arena is ready.
type arena struct{ block strings.Builder }

func (a *arena) copy(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > arenaSize/4 {
		return string(b)
	}
	if a.block.Len()+len(b) > a.block.Cap() {
		a.block.Reset() // leaves the old block to those who hold its texts
		a.block.Grow(arenaSize)
	}
	start := a.block.Len()
	a.block.Write(b)
	return a.block.String()[start:]
}
