package pebblestore

import (
	"bytes"
	"cmp"
	"container/heap"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// readyBlock stands in memory for a block row.
type readyBlock struct {
	run   *runState
	lane  order.Priority
	name  order.Key // of its first order, once; its row's name unless delayed
	count int       // orders it holds
	due   time.Time // zero if not delayed
	seq   uint64    // with due, its row's name
	since time.Time // with due, when it was delayed
	row   []byte    // its row's value, if it is kept in memory
}

func (b *readyBlock) delayed() bool { return !b.due.IsZero() }

// rowKey returns the key of the block's row.
func (b *readyBlock) rowKey() []byte {
	if b.delayed() {
		return delayedKey(b.lane, b.due, b.seq)
	}
	return orderKey(rowBlock, b.lane, b.name)
}

// lane holds the blocks of one priority that may be claimed now or at their due time.
// Blocks of cancelled runs may linger; they are passed over when they come up.
type lane struct {
	ready   blockHeap // by name: the oldest run first, then by index
	delayed blockHeap // by due time, then by sequence
}

func newLane() lane {
	return lane{
		ready: blockHeap{less: func(a, b *readyBlock) int { return bytes.Compare(a.name[:], b.name[:]) }},
		delayed: blockHeap{less: func(a, b *readyBlock) int {
			return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.seq, b.seq))
		}},
	}
}

// push puts a block where it belongs.
func (l *lane) push(b *readyBlock) {
	if b.delayed() {
		heap.Push(&l.delayed, b)
		return
	}
	heap.Push(&l.ready, b)
}

// pop takes the next block that may be claimed at that instant, nil if there is none.
func (l *lane) pop(now time.Time) *readyBlock {
	if b := l.delayed.first(); b != nil && !b.due.After(now) {
		return heap.Pop(&l.delayed).(*readyBlock)
	}
	if l.ready.first() != nil {
		return heap.Pop(&l.ready).(*readyBlock)
	}
	return nil
}

// drop takes a block out that is in neither heap, or in one.
func (l *lane) drop(b *readyBlock) {
	for _, h := range [...]*blockHeap{&l.ready, &l.delayed} {
		for i := range h.blocks {
			if h.blocks[i] == b {
				heap.Remove(h, i)
				return
			}
		}
	}
}

// blockHeap is a heap of blocks; blocks of runs that have been cancelled are dropped
// when they reach its top.
type blockHeap struct {
	blocks []*readyBlock
	less   func(a, b *readyBlock) int
}

// first returns the top of the heap without taking it, nil if the heap is empty.
func (h *blockHeap) first() *readyBlock {
	for len(h.blocks) > 0 {
		if b := h.blocks[0]; !b.run.run.Void {
			return b
		}
		heap.Pop(h)
	}
	return nil
}

func (h *blockHeap) Len() int           { return len(h.blocks) }
func (h *blockHeap) Less(i, j int) bool { return h.less(h.blocks[i], h.blocks[j]) < 0 }
func (h *blockHeap) Swap(i, j int)      { h.blocks[i], h.blocks[j] = h.blocks[j], h.blocks[i] }

// Push implements [heap.Interface].
func (h *blockHeap) Push(x any) { h.blocks = append(h.blocks, x.(*readyBlock)) }

// Pop implements [heap.Interface].
func (h *blockHeap) Pop() any {
	last := len(h.blocks) - 1
	b := h.blocks[last]
	h.blocks[last] = nil
	h.blocks = h.blocks[:last]
	return b
}
