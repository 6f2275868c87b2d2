package history

// ring keeps the latest points, up to a limit. It takes memory as it fills.
type ring struct {
	limit  int
	points []point
	head   int // of the oldest, once it is full
}

// add appends p in place of the oldest.
func (r *ring) add(p *point) {
	if len(r.points) < r.limit {
		r.points = append(r.points, *p)
		return
	}
	r.points[r.head] = *p
	r.head = (r.head + 1) % r.limit
}

// last returns the newest point; nil if there is none.
func (r *ring) last() *point {
	if len(r.points) == 0 {
		return nil
	}
	return &r.points[(r.head+len(r.points)-1)%len(r.points)]
}

// latest calls f for the n newest points, oldest first.
func (r *ring) latest(n int, f func(*point)) {
	size := len(r.points)
	for i := max(0, size-n); i < size; i++ {
		f(&r.points[(r.head+i)%size])
	}
}

// all returns the points, oldest first, in memory of the caller's.
func (r *ring) all() []point {
	out := make([]point, 0, len(r.points))
	out = append(out, r.points[r.head:]...)
	return append(out, r.points[:r.head]...)
}

// clear forgets everything.
func (r *ring) clear() { r.points, r.head = nil, 0 }
