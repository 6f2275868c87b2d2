package event

// fifo is a queue of deliveries with an upper bound. It takes memory as it fills.
type fifo struct {
	limit int
	ring  []Delivery
	head  int // of the oldest
	size  int
}

// push adds d, or returns false if the queue is full.
func (q *fifo) push(d Delivery) bool {
	if q.size == q.limit {
		return false
	}
	if q.size == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.size)%len(q.ring)] = d
	q.size++
	return true
}

// keep adds d; the oldest makes room for it if it must.
func (q *fifo) keep(d Delivery) {
	if q.size == q.limit {
		q.pop()
	}
	q.push(d)
}

// pop takes the oldest, if there is one.
func (q *fifo) pop() (d Delivery, ok bool) {
	if q.size == 0 {
		return Delivery{}, false
	}
	d, q.ring[q.head] = q.ring[q.head], Delivery{}
	q.head = (q.head + 1) % len(q.ring)
	q.size--
	return d, true
}

// peek returns the oldest, if there is one, and leaves it there.
func (q *fifo) peek() (d Delivery, ok bool) {
	if q.size == 0 {
		return Delivery{}, false
	}
	return q.ring[q.head], true
}

// all returns what waits, oldest first, and leaves it there.
func (q *fifo) all() []Delivery {
	list := make([]Delivery, 0, q.size)
	for i := range q.size {
		list = append(list, q.ring[(q.head+i)%len(q.ring)])
	}
	return list
}

// clear forgets everything and gives the memory back.
func (q *fifo) clear() { *q = fifo{limit: q.limit} }

func (q *fifo) grow() {
	ring := make([]Delivery, min(q.limit, max(4, 2*q.size)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}
