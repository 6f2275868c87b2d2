package mongoredis

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/filavip/filavip/internal/order"
)

// blockID names a block: its run, lane and first index. As texts they sort by run, then
// lane, then index, which is the order of acceptance within a run.
type blockID string

// runLen is the length of a run's ID as text.
const runLen = 36

func newBlockID(run order.RunID, lane order.Priority, first uint64) blockID {
	return blockID(fmt.Sprintf("%s/%d/%013d", run, lane, first))
}

// run returns the run of the block.
func (id blockID) run() (order.RunID, error) {
	if len(id) < runLen {
		return order.RunID{}, fmt.Errorf("%w: block %q", order.ErrCorrupt, string(id))
	}
	return order.ParseRunID(string(id[:runLen]))
}

// place names a part of a block in the lanes: what waits or is delayed there, and how
// many orders it holds.
type place struct {
	block blockID
	part  int
	size  int
}

// String returns the place as the lanes keep it.
func (p place) String() string { return fmt.Sprintf("%s/%d/%d", p.block, p.part, p.size) }

// parsePlace is the inverse of String.
func parsePlace(s string) (place, error) {
	rest, size, ok := cutLast(s)
	id, part, more := cutLast(rest)
	p := place{block: blockID(id)}
	var err error
	if p.part, err = strconv.Atoi(part); err == nil {
		p.size, err = strconv.Atoi(size)
	}
	if !ok || !more || err != nil {
		return place{}, fmt.Errorf("%w: %q in a lane", order.ErrCorrupt, s)
	}
	return p, nil
}

func cutLast(s string) (before, after string, found bool) {
	at := strings.LastIndexByte(s, '/')
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}
