package mongoredis

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxProblems bounds how many problems a report spells out.
const maxProblems = 100

// Verify implements [store.Checker]. No instant of the whole store can be read while
// others write, but one of a block: every change of its orders raises its version first.
// So each block is judged by orders that were read between two looks at it that found the
// same version; a block that changes in between is read again. Outcomes that a process
// did not bring to the orders' documents before it died are brought there first.
func (s *DB) Verify(ctx context.Context) (store.Report, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.Report{}, fmt.Errorf("verify: %w", err)
	}
	defer leave()
	v := verification{db: s}
	err = s.eachRun(ctx, order.RunID{}, func(r *run) (bool, error) { return true, v.run(ctx, r) })
	if errors.Is(err, order.ErrCorrupt) && ctx.Err() == nil {
		v.findings.problem("%v", err) // no further reading makes sense
		err = nil
	}
	if err != nil {
		return store.Report{}, fmt.Errorf("verify: %w", err)
	}
	v.report.Problems, v.report.Found = v.findings.texts, v.findings.n
	return v.report, nil
}

// findings are what is wrong, of which the first are spelled out.
type findings struct {
	texts []string
	n     int64
}

func (f *findings) problem(format string, args ...any) {
	if f.n++; len(f.texts) < maxProblems {
		f.texts = append(f.texts, fmt.Sprintf(format, args...))
	}
}

func (f *findings) add(more *findings) {
	f.n += more.n
	f.texts = append(f.texts, more.texts[:min(len(more.texts), maxProblems-len(f.texts))]...)
}

// verification is a report in the making.
type verification struct {
	db       *DB
	report   store.Report
	findings findings
}

// run verifies one run, anew if it becomes void meanwhile.
func (v *verification) run(ctx context.Context, r *run) error {
	for range maxSwaps {
		c := check{db: v.db, run: r, open: map[blockID]*recount{}}
		err := c.all(ctx)
		if err != nil && !errors.Is(err, order.ErrCorrupt) {
			return err
		}
		now, again := v.db.readRun(ctx, r.ID)
		if isNotFound(again) {
			return nil // a reset has taken it
		}
		if again != nil {
			return again
		}
		if now.Epoch == r.Epoch && now.Void == r.Void && now.Inert == r.Inert {
			v.take(&c)
			return err
		}
		r = now
	}
	return fmt.Errorf("%w: run %s changes all the time", order.ErrUnavailable, r.ID)
}

// take adds what was found out about a run to the report.
func (v *verification) take(c *check) {
	v.findings.add(&c.findings)
	v.report.Orders += c.found.Generated()
	v.report.Runs = append(v.report.Runs, store.RunReport{Run: c.run.Run, Counts: c.found, Digest: c.found.Digest()})
}

// check verifies one run as it was when its document was read.
type check struct {
	db       *DB
	run      *run
	findings findings

	open     map[blockID]*recount // blocks of which orders may follow
	kept     order.Counts         // as the blocks count
	found    order.Counts         // as the orders are
	blocks   int64                // that were judged,
	versions int64                // and the sum of their versions
}

// window is how many indexes are recounted at a time.
const window = 10_000

func (c *check) all(ctx context.Context) error {
	for from := uint64(0); from < c.run.Cursor.Next; from += window {
		to := min(from+window, c.run.Cursor.Next)
		if err := c.window(ctx, from, to); err != nil {
			return err
		}
	}
	return c.sums(ctx)
}

// window recounts the orders of a stretch of indexes, and judges the blocks that end in it.
func (c *check) window(ctx context.Context, from, to uint64) error {
	var begun []*block
	for _, lane := range order.Priorities() {
		within := bson.D{{Key: "$gte", Value: newBlockID(c.run.ID, lane, from)}, {Key: "$lt", Value: newBlockID(c.run.ID, lane, to)}}
		blocks, err := c.readBlocks(ctx, byID(within))
		if err != nil {
			return err
		}
		begun = append(begun, blocks...)
	}
	if err := c.db.finish(ctx, begun...); err != nil {
		return err
	}
	for _, b := range begun {
		c.open[b.id] = &recount{id: b.id, block: b}
	}
	if err := c.readOrders(ctx, from, to); err != nil {
		return err
	}
	return c.judge(ctx, c.ended(to))
}

// ended takes those blocks out of the open ones that no order at or behind an index can
// be of: in each lane, a block ends where the next one begins.
func (c *check) ended(at uint64) []*recount {
	var last [order.PriorityCount]*block
	for _, rc := range c.open {
		if b := rc.block; b != nil && (last[b.lane] == nil || b.first > last[b.lane].first) {
			last[b.lane] = b
		}
	}
	var ended []*recount
	for id, rc := range c.open {
		if b := rc.block; b == nil || b != last[b.lane] || at == c.run.Cursor.Next {
			ended = append(ended, rc)
			delete(c.open, id)
		}
	}
	return ended
}

// readOrders recounts the orders of a stretch of indexes.
func (c *check) readOrders(ctx context.Context, from, to uint64) error {
	return c.eachRaw(ctx, between(c.run.ID, from, to), 0, func(raw bson.Raw, d *orderDoc, err error) {
		if err != nil {
			c.findings.problem("order %s cannot be read: %v", keyOf(raw), err)
			return
		}
		id := newBlockID(c.run.ID, d.Priority(), d.block)
		rc := c.open[id]
		if rc == nil {
			rc = &recount{id: id}
			c.open[id] = rc
		}
		rc.count(c.run, d)
	})
}

// judge compares blocks with their orders, those that have changed after they are read
// again.
func (c *check) judge(ctx context.Context, ended []*recount) error {
	changed, err := c.changed(ctx, ended)
	if err != nil {
		return err
	}
	for _, rc := range ended {
		if changed[rc.id] {
			if rc, err = c.readAgain(ctx, rc); err != nil {
				return err
			}
		}
		c.compare(rc)
	}
	return nil
}

// readAgain reads a block that others change with its orders, until it has not changed
// while they were read.
func (c *check) readAgain(ctx context.Context, before *recount) (*recount, error) {
	for range maxSwaps {
		blocks, err := c.readBlocks(ctx, byID(before.id))
		if err != nil || len(blocks) == 0 {
			return before, err
		}
		rc := &recount{id: before.id, block: blocks[0]}
		if err := c.db.finish(ctx, rc.block); err != nil {
			return nil, err
		}
		filter := append(between(c.run.ID, rc.block.first, c.run.Cursor.Next), bson.E{Key: fieldBlock, Value: int64(rc.block.first)})
		err = c.eachRaw(ctx, filter, max(1, rc.block.counts.Generated), func(_ bson.Raw, d *orderDoc, err error) {
			if err == nil { // else it is known by now
				rc.count(c.run, d)
			}
		})
		if err != nil {
			return nil, err
		}
		changed, err := c.changed(ctx, []*recount{rc})
		if err != nil || !changed[rc.id] {
			return rc, err
		}
	}
	return nil, fmt.Errorf("%w: block %s changes all the time", order.ErrUnavailable, before.id)
}

// sums holds the counters of the run against the recount. What the server adds up must
// be what the blocks were found to count, if none has changed since.
func (c *check) sums(ctx context.Context) error {
	t, err := c.db.tally(ctx, c.run)
	if err != nil {
		return err
	}
	blocks, versions, err := c.sumVersions(ctx)
	if err != nil {
		return err
	}
	for _, counts := range []*order.Counts{&c.kept, &c.found} {
		ended := tallied{counts: *counts}
		ended.end(c.run)
		*counts = ended.counts
	}
	for _, lane := range order.Priorities() {
		found, kept := &c.found[lane], &c.kept[lane]
		if blocks == c.blocks && versions == c.versions && t.counts[lane] != *kept {
			c.findings.problem("run %s, %v: counters are %+v, those of its blocks add up to %+v", c.run.ID, lane, t.counts[lane], *kept)
		}
		if !kept.Conserved() {
			c.findings.problem("run %s, %v: orders are not conserved: %+v", c.run.ID, lane, *kept)
		}
		found.First, found.Last, found.Accepted = kept.First, kept.Last, kept.Accepted
	}
	return nil
}
