package mongoredis

import (
	"cmp"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// block is some orders of one lane of one run, from their acceptance to their end. Its
// document is the truth about where they are and what became of them: it changes by
// compare-and-set on its version, so whatever one change does to its orders is atomic.
//
// A change that gives orders an outcome notes in todo what their own documents must say.
// Those are written next, and may be written by anyone who finds the note: each order
// takes a change only if it has seen no later one of its block.
type block struct {
	id      blockID
	version int64
	stamp   int64 // version of its run when it was inserted
	run     order.RunID
	lane    order.Priority
	first   uint64
	void    bool // its run was ended: no outcome is taken any more

	counts order.LaneCounts // Waiting, Delayed and Claimed are derived from parts
	parts  []part
	buried []uint64 // orders that are dead letters, ascending
	next   int      // number of the next part
	todo   []change
}

// part is those orders of a block that are in one place.
type part struct {
	number   int
	late     bool // a retry or a redrive
	after    bool // its run had ended when it was put back: the lane's window stays as it is
	due      time.Time
	attempts int
	strikes  int      // deaths of a process with it in a foreign handler's hands
	indexes  []uint64 // ascending, never empty
	since    time.Time
	holder   *holder // nil if nobody has claimed it
}

// holder is who has claimed a part.
type holder struct {
	token  string // of the claim
	node   string
	worker string
	at     time.Time
	entry  string // under which Redis has it handed out
}

// place returns the part's name in the lanes.
func (b *block) place(p *part) place { return place{b.id, p.number, len(p.indexes)} }

// part returns the part with that number, or nil.
func (b *block) part(number int) *part {
	for i := range b.parts {
		if b.parts[i].number == number {
			return &b.parts[i]
		}
	}
	return nil
}

// numbers returns those of the parts.
func (b *block) numbers() []int {
	all := make([]int, len(b.parts))
	for i := range b.parts {
		all[i] = b.parts[i].number
	}
	return all
}

// held returns the part that the token claims, or nil.
func (b *block) held(token string) *part {
	for i := range b.parts {
		if h := b.parts[i].holder; h != nil && h.token == token {
			return &b.parts[i]
		}
	}
	return nil
}

// open says whether any order of the block is pending.
func (b *block) open() bool { return len(b.parts) > 0 }

// tally returns the block's counts with those of its parts.
func (b *block) tally() order.LaneCounts {
	c := b.counts
	for i := range b.parts {
		*b.parts[i].counter(&c) += int64(len(b.parts[i].indexes))
	}
	return c
}

// counter returns the counter that counts the part's orders.
func (p *part) counter(c *order.LaneCounts) *int64 {
	switch {
	case p.holder != nil:
		return &c.Claimed
	case p.late:
		return &c.Delayed
	default:
		return &c.Waiting
	}
}

// split returns which of the ascending indexes are among the others, and which are not.
func split(indexes, among []uint64) (in, out []uint64) {
	for _, index := range indexes {
		if _, hit := slices.BinarySearch(among, index); hit {
			in = append(in, index)
		} else {
			out = append(out, index)
		}
	}
	return in, out
}

// sweep drops parts that have become empty.
func (b *block) sweep() {
	b.parts = slices.DeleteFunc(b.parts, func(p part) bool { return len(p.indexes) == 0 })
}

// delay adds a part that is late, under a number of its own.
func (b *block) delay(p part) {
	slices.Sort(p.indexes)
	p.number, p.late, p.holder = b.next, true, nil
	b.parts = append(b.parts, p)
	b.next++
}

// note adds to the changes that the orders' documents still have to see.
func (b *block) note(c change) {
	slices.Sort(c.indexes)
	c.version = b.version + 1
	b.todo = append(b.todo, c)
}

// clone returns a copy that can be changed without changing b.
func (b *block) clone() *block {
	c := *b
	c.parts = slices.Clone(b.parts)
	c.buried = slices.Clone(b.buried)
	c.todo = slices.Clone(b.todo)
	return &c
}

// widen makes the lane's window hold the two instants.
func widen(c *order.LaneCounts, started, at time.Time) {
	if c.First.IsZero() || started.Before(c.First) {
		c.First = started
	}
	if at.After(c.Last) {
		c.Last = at
	}
}

// change is what a change of a block does to the documents of some of its orders.
type change struct {
	kind     kind
	nonce    string // of the call that made it
	version  int64  // of the block, by it
	token    string // of the claim it was made under; empty if none
	attempts int    // of the orders before it
	at       time.Time
	reason   string
	indexes  []uint64
}

// kind is what becomes of an order in a change.
type kind uint8

const (
	process kind = iota
	kill
	retry
	remove
	redrive
	discard // remove of a dead letter
)

// byOutcome sorts changes so that equal ones are neighbours.
func byOutcome(x, y change) int {
	return cmp.Or(cmp.Compare(x.kind, y.kind), x.at.Compare(y.at), cmp.Compare(x.reason, y.reason))
}
