package logbook

import "sync"

const (
	// RingLines is how many lines of each class are kept in memory.
	RingLines = 10_000
	// ringBytes bounds what the lines of one class take, however long they are.
	ringBytes = 4 << 20
)

// ring keeps the latest lines of one class.
type ring struct {
	mu    sync.Mutex
	lines []string // from head on; what is before is forgotten
	head  int
	bytes int // of the lines that are kept
}

func (r *ring) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	r.bytes += len(line)
	for len(r.lines)-r.head > RingLines || r.bytes > ringBytes {
		r.bytes -= len(r.lines[r.head])
		r.lines[r.head] = ""
		r.head++
	}
	if r.head > len(r.lines)/2 { // moves each line once for each line that was forgotten
		n := copy(r.lines, r.lines[r.head:])
		clear(r.lines[n:])
		r.lines, r.head = r.lines[:n], 0
	}
}

// last returns the latest n lines, oldest first.
func (r *ring) last(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.lines[r.head:]
	return append([]string{}, kept[len(kept)-min(max(0, n), len(kept)):]...)
}

func (r *ring) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines, r.head, r.bytes = nil, 0, 0
}
