package mongoredis

import (
	"cmp"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
)

// recount is a block beside what its orders are found to be.
type recount struct {
	id      blockID
	block   *block           // nil if no block of that ID begins below its orders
	counts  order.LaneCounts // pending ones as Waiting until their parts are known
	first   order.Key
	pending []waiter // ascending
	swept   []uint64 // removed ones, of a run whose pending orders ended with it
	dead    []uint64
	rev     int64 // the highest
}

// waiter is a pending order and the attempts it has used up.
type waiter struct {
	index    uint64
	attempts int
}

// count takes in an order.
func (rc *recount) count(r *run, d *orderDoc) {
	index := d.Key.Index()
	if rc.counts.Generated == 0 {
		rc.first = d.Key
	}
	rc.counts.Generated++
	rc.rev = max(rc.rev, d.rev)
	switch d.Status {
	case order.Pending:
		rc.counts.Waiting++
		rc.pending = append(rc.pending, waiter{index, d.Attempts})
	case order.Removed:
		rc.counts.Removed++
		if r.Void && !r.Inert {
			rc.swept = append(rc.swept, index)
		}
	case order.Processed:
		rc.counts.Processed++
		rc.counts.Settled = rc.counts.Settled.Add(d.Sum())
	case order.Dead:
		rc.counts.Dead++
		rc.counts.Settled = rc.counts.Settled.Add(d.Sum())
		rc.dead = append(rc.dead, index)
	}
}

// compare holds a block against its orders, and adds both to the run's counts.
func (c *check) compare(rc *recount) {
	b := rc.block
	if b == nil {
		c.findings.problem("%d orders from %s on say that they are of block %s, which is not there", rc.counts.Generated, rc.first, rc.id)
		c.addOrphans(rc)
		return
	}
	kept := b.tally()
	c.comparePlaces(rc)
	c.compareCounts(rc, kept)
	addLane(&c.kept[b.lane], &kept)
	addLane(&c.found[b.lane], &rc.counts)
	c.blocks, c.versions = c.blocks+1, c.versions+b.version
	if !slices.Equal(b.buried, rc.dead) {
		c.findings.problem("block %s has %d dead letters, its orders are others: %d", b.id, len(b.buried), len(rc.dead))
	}
	if rc.rev > b.version {
		c.findings.problem("an order of block %s was changed by its version %d, it is in version %d", b.id, rc.rev, b.version)
	}
}

// addOrphans counts orders without a block in the lane that their block's ID names.
func (c *check) addOrphans(rc *recount) {
	for _, lane := range order.Priorities() {
		if prefix := newBlockID(c.run.ID, lane, 0)[:runLen+2]; rc.id[:runLen+2] == prefix {
			addLane(&c.found[lane], &rc.counts)
		}
	}
}

// compareCounts compares what a block counts with what its orders are. What a void run
// left pending may have been removed in the orders alone.
func (c *check) compareCounts(rc *recount, kept order.LaneCounts) {
	found := rc.counts
	if c.run.Void && !c.run.Inert {
		kept.Removed += kept.Waiting + kept.Delayed + kept.Claimed
		found.Removed += found.Waiting + found.Delayed + found.Claimed
	}
	for _, f := range []struct {
		name        string
		kept, found int64
	}{
		{"orders", kept.Generated, found.Generated},
		{"processed", kept.Processed, found.Processed},
		{"dead", kept.Dead, found.Dead},
		{"removed", kept.Removed, found.Removed},
	} {
		if f.kept != f.found {
			c.findings.problem("block %s counts %d %s, there are %d", rc.id, f.kept, f.name, f.found)
		}
	}
	if kept.Settled != found.Settled {
		c.findings.problem("block %s: digest counted %v, found %v", rc.id, kept.Settled, found.Settled)
	}
}

// placed is an order in a part of a block.
type placed struct {
	index uint64
	part  *part
}

// comparePlaces checks that every pending order is in exactly one part, and no other
// order in any, and counts the pending ones by their parts.
func (c *check) comparePlaces(rc *recount) {
	var all []placed
	for i := range rc.block.parts {
		for _, index := range rc.block.parts[i].indexes {
			all = append(all, placed{index, &rc.block.parts[i]})
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int { return cmp.Compare(x.index, y.index) })
	ended := c.run.Void && !c.run.Inert
	pending := rc.pending
	for i, at := range all {
		key := c.run.ID.Key(at.index)
		for len(pending) > 0 && pending[0].index < at.index {
			c.unplaced(rc, pending[0].index, ended)
			pending = pending[1:]
		}
		_, swept := slices.BinarySearch(rc.swept, at.index)
		switch {
		case i > 0 && all[i-1].index == at.index:
			c.findings.problem("order %s is in two places of block %s", key, rc.id)
		case len(pending) > 0 && pending[0].index == at.index:
			if n := pending[0].attempts; n != at.part.attempts && !ended {
				c.findings.problem("order %s has used up %d attempts, %d by part %d of block %s", key, n, at.part.attempts, at.part.number, rc.id)
			}
			pending = pending[1:]
			rc.counts.Waiting--
			*at.part.counter(&rc.counts)++
		case !swept:
			c.findings.problem("order %s is in part %d of block %s, but not pending", key, at.part.number, rc.id)
		}
	}
	for _, w := range pending {
		c.unplaced(rc, w.index, ended)
	}
}

// unplaced reports a pending order that no part holds.
func (c *check) unplaced(rc *recount, index uint64, ended bool) {
	if !ended {
		c.findings.problem("order %s is pending and in no part of block %s", c.run.ID.Key(index), rc.id)
	}
}

// sound checks those fields of an order's document that follow from others. The
// document is one that was decoded to d.
func (d *orderDoc) sound(raw bson.Raw) error {
	var run, lane, group []byte
	dead := false
	for rest := []byte(raw[4:]); rest[0] != 0; {
		name, v, more, _ := nextField(rest)
		rest = more
		switch string(name) {
		case fieldRun:
			_, run, _ = v.BinaryOK()
		case fieldPriority:
			lane, _ = textOf(v)
		case fieldDead:
			group, dead = textOf(v)
		}
	}
	switch of := d.Key.Run(); {
	case string(run) != string(of[:]):
		return fmt.Errorf("%w: order: field %s is not its key's run", order.ErrCorrupt, fieldRun)
	case string(lane) != d.Priority().String():
		return fmt.Errorf("%w: order: field %s is %q, its tier %v", order.ErrCorrupt, fieldPriority, lane, d.Tier)
	case dead != (d.Status == order.Dead):
		return fmt.Errorf("%w: order: field %s is %q, its status %v", order.ErrCorrupt, fieldDead, group, d.Status)
	case dead && (d.letter == nil || d.letter.Group != string(group)):
		return fmt.Errorf("%w: order: field %s is %q, its letter another", order.ErrCorrupt, fieldDead, group)
	}
	return nil
}
