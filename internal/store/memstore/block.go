package memstore

import (
	"cmp"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// block is some orders of one lane of one run that travel together.
type block struct {
	run      *run
	lane     order.Priority
	attempts int      // that each of its orders has used up
	strikes  int      // deaths of the process with the block in a foreign handler's hands
	indexes  []uint64 // ascending; never empty while the block is in a list
	claim    *claim   // that holds it; nil if none

	late     bool // it is a delayed block: a retry or a redrive
	due      time.Time
	sequence uint64 // puts blocks that are due at the same instant in a fixed order
}

// place returns where the block's orders are.
func (b *block) place() place {
	switch {
	case b.claim != nil:
		return claimed
	case b.late:
		return delayed
	default:
		return waiting
	}
}

// ready says whether a waiting block lies below its lane's enqueue cursor.
func (b *block) ready() bool { return b.indexes[0] < b.run.doc.Enqueued[b.lane] }

// adopt makes every order of the block point to it.
func (b *block) adopt() {
	for _, index := range b.indexes {
		b.run.entry(index).block = b
	}
}

// put moves every order of the block to the block's place.
func (b *block) put(at time.Time) {
	for _, index := range b.indexes {
		b.run.put(b.run.entry(index), b.place(), at)
	}
}

// sweep drops the indexes of orders that are no longer in the block.
func (b *block) sweep() {
	b.indexes = slices.DeleteFunc(b.indexes, func(index uint64) bool {
		return b.run.entry(index).block != b
	})
}

// cut makes blocks like the given one out of indexes, none larger than the run's
// block size.
func cut(like block, indexes []uint64) []*block {
	var blocks []*block
	for part := range slices.Chunk(indexes, max(1, like.run.doc.Spec.BlockSize)) {
		b := like
		b.indexes = slices.Clone(part)
		b.adopt()
		blocks = append(blocks, &b)
	}
	return blocks
}

// enlist puts a block that no one holds where Claim finds it.
func (s *Store) enlist(b *block) {
	list, before := &b.run.waiting[b.lane], byFirst
	if b.late {
		list, before = &s.durable.delayed[b.lane], byDue
	}
	at, _ := slices.BinarySearchFunc(*list, b, before)
	*list = slices.Insert(*list, at, b)
}

func byFirst(a, b *block) int { return cmp.Compare(a.indexes[0], b.indexes[0]) }

func byDue(a, b *block) int {
	return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.sequence, b.sequence))
}

// delay puts orders of one run and lane into blocks that are due at that instant.
func (s *Store) delay(like block, indexes []uint64, due time.Time) {
	like.late, like.due, like.claim = true, due, nil
	for _, b := range cut(like, indexes) {
		s.durable.sequence++
		b.sequence = s.durable.sequence
		s.enlist(b)
	}
}

// sweep takes orders that left their block out of every block of the store, and
// blocks that became empty out of every list.
func (s *Store) sweep() {
	swept := func(b *block) bool {
		b.sweep()
		return len(b.indexes) == 0
	}
	for lane := range order.PriorityCount {
		for _, r := range s.durable.runs {
			r.waiting[lane] = slices.DeleteFunc(r.waiting[lane], swept)
		}
		s.durable.delayed[lane] = slices.DeleteFunc(s.durable.delayed[lane], swept)
	}
	for c := range s.claims {
		if swept(c.block) {
			delete(s.claims, c)
		}
	}
}
