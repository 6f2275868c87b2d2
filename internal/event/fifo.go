package event

// fifo is a queue of events with an upper bound. It takes memory as it fills.
type fifo struct {
	limit int
	ring  []Event
	head  int // of the oldest
	size  int
}

// push adds e, or returns false if the queue is full.
func (q *fifo) push(e Event) bool {
	if q.size == q.limit {
		return false
	}
	if q.size == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.size)%len(q.ring)] = e
	q.size++
	return true
}

// pop takes the oldest, or returns nil if there is none.
func (q *fifo) pop() Event {
	if q.size == 0 {
		return nil
	}
	e := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.size--
	return e
}

// clear forgets everything and gives the memory back.
func (q *fifo) clear() { *q = fifo{limit: q.limit} }

func (q *fifo) grow() {
	ring := make([]Event, min(q.limit, max(4, 2*q.size)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}
