package pebblestore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxProblems bounds how many problems a report spells out.
const maxProblems = 100

// Verify implements [store.Checker]. It reads a snapshot, and compares it with what the
// store itself has written, not with what it has in memory.
func (db *DB) Verify(ctx context.Context) (store.Report, error) {
	if err := db.enter(ctx); err != nil {
		return store.Report{}, err
	}
	defer db.leave()
	snap := db.eng.NewSnapshot()
	v := verifier{db: db, snap: snap, ctx: ctx, runs: make(map[order.RunID]*verifiedRun)}
	err := v.all()
	if err = errors.Join(err, snap.Close()); errors.Is(err, order.ErrCorrupt) && ctx.Err() == nil {
		v.cause(err)
		err = nil
	}
	if err != nil {
		return store.Report{}, fmt.Errorf("verify: %w", err)
	}
	return v.finish(), nil
}

// verifier holds what a scan has found so far.
type verifier struct {
	db     *DB
	snap   *pebble.Snapshot
	ctx    context.Context
	report store.Report
	runs   map[order.RunID]*verifiedRun
	byAge  []*verifiedRun
}

// verifiedRun is the recount of one run beside what was counted.
type verifiedRun struct {
	run     order.Run
	counted order.Counts // from the c rows
	recount order.Counts
	hidden  [2]int64 // processed orders that are hidden: as counted, and as found
}

func (v *verifier) problem(format string, args ...any) {
	v.report.Found++
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, fmt.Sprintf(format, args...))
	}
}

// cause puts the reason for which the reading ended before all that it led to.
func (v *verifier) cause(err error) {
	v.report.Found++
	text, _, _ := strings.Cut(err.Error(), "\n<") // behind it Pebble has marks for programs
	v.report.Problems = slices.Insert(v.report.Problems, 0, text)
	v.report.Problems = v.report.Problems[:min(len(v.report.Problems), maxProblems)]
}

// all reads everything; an error is one that no further reading makes sense after.
func (v *verifier) all() error {
	if err := v.readRuns(); err != nil {
		return err
	}
	for _, lane := range order.Priorities() {
		if err := v.lane(lane); err != nil {
			return err
		}
	}
	if err := v.refs(); err != nil {
		return err
	}
	if err := v.samples(); err != nil {
		return err
	}
	for _, r := range v.byAge {
		v.compare(r)
	}
	return nil
}

func (v *verifier) readRuns() error {
	err := each(v.snap, []byte{rowRun}, func(k, value []byte) error {
		r := &verifiedRun{}
		if err := json.Unmarshal(value, &r.run); err != nil {
			return fmt.Errorf("%w: run row: %w", order.ErrCorrupt, err)
		}
		v.runs[r.run.ID] = r
		v.byAge = append(v.byAge, r)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(v.snap, []byte{rowHidden}, func(k, value []byte) error {
		id, n, err := decodeHidden(k, value)
		switch {
		case err != nil:
			return err
		case v.runs[id] == nil:
			v.problem("hidden orders of the unknown run %s", id)
		default:
			v.runs[id].hidden[0] = n
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(v.snap, []byte{rowCounters}, func(k, value []byte) error {
		t, err := decodeTally(value)
		if err != nil {
			return err
		}
		if len(k) != 18 || k[17] >= order.PriorityCount || v.runs[order.RunID(k[1:17])] == nil {
			v.problem("counters of an unknown run or lane: %x", k)
			return nil
		}
		t.addTo(&v.runs[order.RunID(k[1:17])].counted[k[17]])
		return nil
	})
}

// lane walks one lane's orders beside its outcomes and its blocks, all in key order.
func (v *verifier) lane(lane order.Priority) error {
	outcomes, err := v.cursor(rowOutcome, lane)
	if err != nil {
		return err
	}
	places, err := v.places(lane)
	if err != nil {
		return errors.Join(err, outcomes.close())
	}
	var seen int
	err = each(v.snap, []byte{rowOrder, byte(lane)}, func(key, value []byte) error {
		if seen++; seen%10_000 == 0 && v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		_, k, ok := parseOrderKey(key)
		if !ok {
			v.problem("order key of %d bytes", len(key))
			return nil
		}
		v.orphans(outcomes, key)
		places.skipTo(k)
		v.order(lane, k, value, outcomes.value(key), places.at(k))
		return nil
	})
	if err == nil { // else more is missing than the reading knows
		v.orphans(outcomes, []byte{rowOrder, byte(lane) + 1})
		places.skipTo(lastKey())
	}
	return errors.Join(outcomes.close(), err)
}

func lastKey() (k order.Key) {
	for i := range k {
		k[i] = 0xff
	}
	return k
}

// rowCursor walks the outcome rows of a lane beside its order rows.
type rowCursor struct{ iter *pebble.Iterator }

func (v *verifier) cursor(row byte, lane order.Priority) (*rowCursor, error) {
	iter, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: []byte{row, byte(lane)}, UpperBound: []byte{row, byte(lane) + 1}})
	if err != nil {
		return nil, err
	}
	iter.First()
	return &rowCursor{iter}, nil
}

func (c *rowCursor) close() error { return closeIter(c.iter) }

// value returns the row of the same order and steps over it, nil if there is none.
func (c *rowCursor) value(key []byte) []byte {
	if !c.iter.Valid() || !bytes.Equal(c.iter.Key()[1:], key[1:]) {
		return nil
	}
	value := bytes.Clone(c.iter.Value())
	c.iter.Next()
	return value
}

// orphans reports outcomes of orders that are not there, up to the one at key.
func (v *verifier) orphans(c *rowCursor, key []byte) {
	for c.iter.Valid() && bytes.Compare(c.iter.Key()[1:], key[1:]) < 0 {
		_, k, _ := parseOrderKey(c.iter.Key())
		v.problem("order %s has an outcome but does not exist", k)
		c.iter.Next()
	}
}

// order checks one order and counts it.
func (v *verifier) order(lane order.Priority, k order.Key, value, outcome []byte, held int) {
	v.report.Orders++
	r := v.runs[k.Run()]
	if r == nil {
		v.problem("order %s belongs to no run", k)
		return
	}
	row, err := decodeOrder(value)
	if err != nil {
		v.problem("order %s: %v", k, err)
		return
	}
	if row.tier.Priority() != lane {
		v.problem("order %s of tier %v is in lane %v", k, row.tier, lane)
	}
	if k.Index() >= r.run.Cursor.Next {
		v.problem("order %s lies behind its run's cursor %d", k, r.run.Cursor.Next)
	}
	o := row.order(k)
	r.recount[lane].Generated++
	if outcome == nil {
		v.pending(r, lane, &o, held)
		return
	}
	if held > 0 {
		v.problem("order %s has an outcome but is in %d blocks", k, held)
	}
	if isHidden(outcome) {
		r.hidden[1]++
	}
	v.outcome(r, lane, &o, outcome)
}

func (v *verifier) pending(r *verifiedRun, lane order.Priority, o *order.Order, held int) {
	c := &r.recount[lane]
	switch {
	case r.run.Void && !r.run.Inert:
		c.Removed++
	case r.run.Void:
		c.Waiting++
	default:
		c.Waiting++
		if held != 1 {
			v.problem("pending order %s is in %d blocks, not 1", o.Key, held)
		}
	}
}

func (v *verifier) outcome(r *verifiedRun, lane order.Priority, o *order.Order, value []byte) {
	row, err := decodeOutcome(value, o.Key.Run().Started())
	if err != nil {
		v.problem("order %s: %v", o.Key, err)
		return
	}
	row.apply(o)
	c := &r.recount[lane]
	switch o.Status {
	case order.Processed:
		c.Processed++
	case order.Dead:
		c.Dead++
		if l, err := v.db.letter(v.snap, lane, o.Key); err != nil || !l.Open {
			v.problem("dead order %s has no open letter", o.Key)
		}
	case order.Removed:
		c.Removed++
		return
	}
	c.Settled = c.Settled.Add(o.Sum())
}

// placeList is where the blocks of one lane say that pending orders are, in key order.
type placeList struct {
	v    *verifier
	keys []order.Key
}

// places reads all blocks of a lane. What they hold is 16 bytes an order, for the
// pending ones only.
func (v *verifier) places(lane order.Priority) (*placeList, error) {
	p := &placeList{v: v}
	for _, row := range []byte{rowBlock, rowDelayed} {
		err := each(v.snap, []byte{row, byte(lane)}, func(_, value []byte) error {
			b, _, err := decodeBlock(value, true)
			if err != nil {
				return err
			}
			r := v.runs[b.run]
			if r == nil {
				v.problem("a block belongs to the unknown run %s", b.run)
				return nil
			}
			if r.run.Void {
				return nil
			}
			for _, index := range b.indexes {
				p.keys = append(p.keys, b.run.Key(index))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(p.keys, func(a, b order.Key) int { return bytes.Compare(a[:], b[:]) })
	return p, nil
}

// skipTo reports blocks' orders below k that are not there.
func (p *placeList) skipTo(k order.Key) {
	for len(p.keys) > 0 && bytes.Compare(p.keys[0][:], k[:]) < 0 {
		p.v.problem("a block holds order %s, which does not exist", p.keys[0])
		p.keys = p.keys[1:]
	}
}

// at takes the places of k and returns how many there are.
func (p *placeList) at(k order.Key) int {
	n := 0
	for len(p.keys) > 0 && p.keys[0] == k {
		p.keys = p.keys[1:]
		n++
	}
	return n
}

// refs checks that every ref leads to an order that bears it.
func (v *verifier) refs() error {
	return each(v.snap, []byte{rowRef}, func(key, value []byte) error {
		if len(value) != 17 || value[16] >= order.PriorityCount {
			v.problem("ref %q: row of %d bytes", key[1:], len(value))
			return nil
		}
		o, err := v.db.accepted(v.snap, order.Priority(value[16]), order.Key(value[:16]))
		if err != nil || o.Ref != string(key[1:]) {
			v.problem("ref %q leads to no order that bears it", key[1:])
		}
		return nil
	})
}

// compare holds a run's counters against the recount.
func (v *verifier) compare(r *verifiedRun) {
	if r.hidden[0] != r.hidden[1] {
		v.problem("run %s: counted %d hidden, found %d", r.run.ID, r.hidden[0], r.hidden[1])
	}
	for _, lane := range order.Priorities() {
		counted, found := &r.counted[lane], &r.recount[lane]
		for _, c := range [...]struct {
			name           string
			counter, count int64
		}{
			{"generated", counted.Generated, found.Generated},
			{"processed", counted.Processed, found.Processed},
			{"dead", counted.Dead, found.Dead},
			{"removed", counted.Removed, found.Removed},
		} {
			if c.counter != c.count {
				v.problem("run %s, %v: counted %d %s, found %d", r.run.ID, lane, c.counter, c.name, c.count)
			}
		}
		if counted.Settled != found.Settled {
			v.problem("run %s, %v: digest counted %v, found %v", r.run.ID, lane, counted.Settled, found.Settled)
		}
		found.First, found.Last, found.Accepted = counted.First, counted.Last, counted.Accepted
		if !found.Conserved() {
			v.problem("run %s, %v: orders are not conserved: %+v", r.run.ID, lane, *found)
		}
	}
}

func (v *verifier) finish() store.Report {
	slices.SortFunc(v.byAge, func(a, b *verifiedRun) int { return cmp.Compare(a.run.ID.String(), b.run.ID.String()) })
	for _, r := range v.byAge {
		v.report.Runs = append(v.report.Runs, store.RunReport{Run: r.run, Counts: r.recount, Digest: r.recount.Digest()})
	}
	return v.report
}
