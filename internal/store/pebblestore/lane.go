package pebblestore

import (
	"bytes"
	"cmp"
	"container/heap"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
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
	ready   blockHeap         // by name: the oldest run first, then by index
	delayed blockHeap         // by due time, then by sequence
	live    store.BlockCounts // without blocks of cancelled runs
}

func newLane() lane {
	return lane{
		ready: blockHeap{less: func(a, b *readyBlock) int { return bytes.Compare(a.name[:], b.name[:]) }},
		delayed: blockHeap{less: func(a, b *readyBlock) int {
			return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.seq, b.seq))
		}},
	}
}

// count counts blocks like b, which is where nobody holds it, in or out.
func (l *lane) count(b *readyBlock, n int64) {
	mine := &b.run.queued[b.lane]
	if b.delayed() {
		l.live.Delayed += n
		mine.Delayed += n
		return
	}
	l.live.Ready += n
	mine.Ready += n
}

// countClaimed counts a claimed block in or out.
func (l *lane) countClaimed(b *readyBlock, n int64) {
	l.live.Claimed += n
	b.run.queued[b.lane].Claimed += n
}

// disown takes the blocks of a run that is being cancelled out of the counts.
func (l *lane) disown(mine *store.BlockCounts) {
	l.live.Ready -= mine.Ready
	l.live.Claimed -= mine.Claimed
	l.live.Delayed -= mine.Delayed
	*mine = store.BlockCounts{}
}

// push puts a block where it belongs.
func (l *lane) push(b *readyBlock) {
	l.count(b, 1)
	if b.delayed() {
		heap.Push(&l.delayed, b)
		return
	}
	heap.Push(&l.ready, b)
}

// pop takes the next block that may be claimed at that instant, nil if there is none.
func (l *lane) pop(now time.Time) *readyBlock {
	var b *readyBlock
	if late := l.delayed.first(); late != nil && !late.due.After(now) {
		b = heap.Pop(&l.delayed).(*readyBlock)
	} else if l.ready.first() != nil {
		b = heap.Pop(&l.ready).(*readyBlock)
	}
	if b != nil {
		l.count(b, -1)
	}
	return b
}

// drop takes a block out that is in neither heap, or in one.
func (l *lane) drop(b *readyBlock) {
	for _, h := range [...]*blockHeap{&l.ready, &l.delayed} {
		for i := range h.blocks {
			if h.blocks[i] == b {
				heap.Remove(h, i)
				l.count(b, -1)
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
