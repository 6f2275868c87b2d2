package queue

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

// Backoff is the delay before a failed order is tried again: Base after the first
// attempt, doubled for each further one up to Max, give or take a fifth.
type Backoff struct {
	Base time.Duration // 2 s if zero
	Max  time.Duration // 1 h if zero
}

// grid is what due times are rounded up to, so that orders that failed together can be
// delayed together.
const grid = 250 * time.Millisecond

func (b Backoff) withDefaults() Backoff {
	if b.Base == 0 {
		b.Base = 2 * time.Second
	}
	if b.Max == 0 {
		b.Max = time.Hour
	}
	return b
}

// Due returns when an order that has now used up that many attempts may be tried
// again. The spread is a function of the order, so that orders which failed together do
// not come back together.
func (b Backoff) Due(now time.Time, attempts int, k order.Key) time.Time {
	delay := min(b.Base, b.Max)
	for range attempts - 1 {
		if delay = min(2*delay, b.Max); delay == b.Max {
			break
		}
	}
	spread := int64(k.Index()*0x9e3779b97f4a7c15>>32) % 401 // 0 to 400 thousandths
	delay = delay * time.Duration(800+spread) / 1000
	step := min(grid, b.Base)
	return now.Add(delay).Truncate(step).Add(step)
}
