package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// summed are the fields of a lane's blocks that are added up.
func summed() []string {
	return []string{
		"generated", "processed", "dead", "removed", "waiting", "delayed", "claimed",
		"parts_waiting", "parts_delayed", "parts_claimed",
		"accepted.a", "accepted.b", "accepted.c", "accepted.d", "sum.a", "sum.b", "sum.c", "sum.d",
	}
}

// laneSum is what the server adds up.
type laneSum struct {
	Lane    int     `bson:"_id"`
	Sums    []int64 `bson:"-"`
	Begun   *int64  `bson:"begun"`
	Settled *int64  `bson:"settled"`
}

// tallied are a run's counts and its blocks.
type tallied struct {
	counts order.Counts
	blocks [order.PriorityCount]store.BlockCounts
}

// committed is the filter of the run's blocks that exist for readers: those of chunks
// that lie below its cursor.
func committed(r *run) bson.D {
	return bson.D{{Key: "run", Value: uuid(r.ID)}, {Key: "first", Value: bson.D{{Key: "$lt", Value: int64(r.Cursor.Next)}}}}
}

// tally returns what readers see of a run's blocks, added up.
func (s *DB) tally(ctx context.Context, r *run) (tallied, error) {
	if known, ok := s.tallies.Load(r.ID); ok && known.(sealed).version == r.version {
		return known.(sealed).tallied, nil
	}
	t, err := s.sum(ctx, r)
	settled := r.stirred == 0 && (r.Void && r.fenced || t.counts.Unsettled() == 0)
	t.end(r)
	if err == nil && !r.Active() && settled {
		s.tallies.Store(r.ID, sealed{r.version, r, t})
	}
	return t, err
}

// sealed is what the blocks of a run come to that has ended, as of a version of its
// document. Who changes such a block stirs the run before and calms it after, each of which
// raises that version, so whatever was added up in between does not last. A call that was
// cut off leaves the run stirred: nobody knows when its last change arrives.
type sealed struct {
	version int64
	run     *run
	tallied
}

// touch raises the version of a run's document, and by how much it is stirred.
func (s *DB) touch(ctx context.Context, id order.RunID, stirred int) error {
	_, err := s.runs.UpdateOne(ctx, byID(uuid(id)), bson.D{{Key: "$inc", Value: bson.D{{Key: "v", Value: 1}, {Key: "stirred", Value: stirred}}}})
	return unreachable("MongoDB", err)
}

// sum adds up the blocks of a run, as if it were not void. It costs the more the more
// blocks the run has, not the more orders.
func (s *DB) sum(ctx context.Context, r *run) (tallied, error) {
	var t tallied
	if r.Cursor.Next == 0 {
		return t, nil
	}
	group := bson.D{
		{Key: "_id", Value: "$lane"},
		{Key: "begun", Value: bson.D{{Key: "$min", Value: "$begun"}}},
		{Key: "settled", Value: bson.D{{Key: "$max", Value: "$settled"}}},
	}
	for i, field := range summed() {
		group = append(group, bson.E{Key: fmt.Sprintf("s%d", i), Value: bson.D{{Key: "$sum", Value: "$" + field}}})
	}
	cursor, err := s.blocks.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: committed(r)}}, bson.D{{Key: "$group", Value: group}},
	})
	if err != nil {
		return t, unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	for cursor.Next(ctx) {
		var lane laneSum
		if err := bson.Unmarshal(cursor.Current, &lane); err != nil || lane.Lane < 0 || lane.Lane >= order.PriorityCount {
			return t, fmt.Errorf("%w: sums of blocks: %v", order.ErrCorrupt, cursor.Current)
		}
		for i := range summed() {
			n, _ := cursor.Current.Lookup(fmt.Sprintf("s%d", i)).AsInt64OK()
			lane.Sums = append(lane.Sums, n)
		}
		t.add(&lane)
	}
	if err := cursor.Err(); err != nil {
		return t, unreachable("MongoDB", err)
	}
	return t, s.withoutUnqueued(ctx, r, &t)
}

func (t *tallied) add(l *laneSum) {
	n := l.Sums
	t.counts[l.Lane] = order.LaneCounts{
		Generated: n[0], Processed: n[1], Dead: n[2], Removed: n[3], Waiting: n[4], Delayed: n[5], Claimed: n[6],
		First: instantOf(l.Begun), Last: instantOf(l.Settled),
		Accepted: words{n[10], n[11], n[12], n[13]}.digest(), Settled: words{n[14], n[15], n[16], n[17]}.digest(),
	}
	t.blocks[l.Lane] = store.BlockCounts{Ready: n[7], Delayed: n[8], Claimed: n[9]}
}

// withoutUnqueued takes blocks that are not enqueued yet out of the ready ones.
func (s *DB) withoutUnqueued(ctx context.Context, r *run, t *tallied) error {
	for _, lane := range order.Priorities() {
		if t.blocks[lane].Ready == 0 {
			continue
		}
		n, err := s.unqueued(ctx, r, lane, "parts_waiting")
		if err != nil {
			return err
		}
		t.blocks[lane].Ready -= n
	}
	return nil
}

// unqueued adds up a field of a lane's blocks that are not enqueued yet.
func (s *DB) unqueued(ctx context.Context, r *run, lane order.Priority, field string) (int64, error) {
	if r.Enqueued[lane] >= r.Cursor.Next {
		return 0, nil
	}
	match := bson.D{
		{Key: "run", Value: uuid(r.ID)}, {Key: "lane", Value: int(lane)},
		{Key: "first", Value: bson.D{{Key: "$gte", Value: int64(r.Enqueued[lane])}, {Key: "$lt", Value: int64(r.Cursor.Next)}}},
	}
	group := bson.D{{Key: "_id", Value: nil}, {Key: "n", Value: bson.D{{Key: "$sum", Value: "$" + field}}}}
	cursor, err := s.blocks.Aggregate(ctx, bson.A{bson.D{{Key: "$match", Value: match}}, bson.D{{Key: "$group", Value: group}}})
	var sums []struct {
		N int64 `bson:"n"`
	}
	if err == nil {
		err = cursor.All(ctx, &sums)
	}
	if err != nil || len(sums) == 0 {
		return 0, unreachable("MongoDB", err)
	}
	return sums[0].N, nil
}

// end counts what a void run left pending as what it has become.
func (t *tallied) end(r *run) {
	if !r.Void {
		return
	}
	t.blocks = [order.PriorityCount]store.BlockCounts{}
	for lane := range t.counts {
		c := &t.counts[lane]
		pending := c.Waiting + c.Delayed + c.Claimed
		c.Waiting, c.Delayed, c.Claimed = 0, 0, 0
		if r.Inert {
			c.Waiting = pending
		} else {
			c.Removed += pending
		}
	}
}

// Counts implements [store.Reader].
func (s *DB) Counts(ctx context.Context, id order.RunID) (order.Counts, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return order.Counts{}, fmt.Errorf("count run %v: %w", id, err)
	}
	defer leave()
	r, err := s.readRun(ctx, id)
	if isNotFound(err) {
		return order.Counts{}, nil
	}
	var t tallied
	if err == nil {
		t, err = s.tally(ctx, r)
	}
	if err != nil {
		return order.Counts{}, fmt.Errorf("count run %v: %w", id, err)
	}
	return t.counts, nil
}

// Drained implements [store.Reader].
func (s *DB) Drained(ctx context.Context, id order.RunID, lane order.Priority) (bool, error) {
	drained, err := s.drained(ctx, id, lane)
	if err != nil {
		return false, fmt.Errorf("look for unsettled orders of run %v: %w", id, err)
	}
	return drained, nil
}

func (s *DB) drained(ctx context.Context, id order.RunID, lane order.Priority) (bool, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	r, err := s.readRun(ctx, id)
	if isNotFound(err) || err == nil && r.Void && !r.Inert {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	unsettled, err := s.anyOpen(ctx, r, lane)
	return err == nil && !unsettled, err
}

// Totals implements [store.Reader].
func (s *DB) Totals(ctx context.Context) (store.Totals, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.Totals{}, fmt.Errorf("count all runs: %w", err)
	}
	defer leave()
	c, err := s.readControl(ctx)
	if err != nil {
		return store.Totals{}, fmt.Errorf("count all runs: %w", err)
	}
	totals := store.Totals{Paused: c.Paused, Generation: c.Generation, GateOpen: true}
	fresh, err := s.addSealed(ctx, &totals)
	for _, r := range fresh {
		var t tallied
		if t, err = s.tally(ctx, r); err != nil {
			break
		}
		totals.GateOpen = totals.GateOpen && (r.Void || t.counts[order.VIP].Unsettled() == 0)
		addTally(&totals, r, &t)
	}
	if err != nil {
		return store.Totals{}, fmt.Errorf("count all runs: %w", err)
	}
	return totals, nil
}

// addSealed adds the runs that have ended and did not change since they were added up,
// of which no more than the version is read. It returns the others.
func (s *DB) addSealed(ctx context.Context, totals *store.Totals) ([]*run, error) {
	cursor, err := s.runs.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "v", Value: 1}}))
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var all []runDoc
	if err := cursor.All(ctx, &all); err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var fresh bson.A
	for i := range all {
		known, ok := s.tallies.Load(order.RunID(all[i].ID.Data))
		if !ok || known.(sealed).version != all[i].Version {
			fresh = append(fresh, all[i].ID)
			continue
		}
		done := known.(sealed)
		addTally(totals, done.run, &done.tallied)
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return s.readRuns(ctx, byID(bson.D{{Key: "$in", Value: fresh}}))
}

func addTally(totals *store.Totals, r *run, t *tallied) {
	if r.Inert {
		return
	}
	totals.Hidden += r.hidden
	for lane := range t.counts {
		addLane(&totals.Counts[lane], &t.counts[lane])
		totals.Blocks[lane].Ready += t.blocks[lane].Ready
		totals.Blocks[lane].Delayed += t.blocks[lane].Delayed
		totals.Blocks[lane].Claimed += t.blocks[lane].Claimed
	}
}

func addLane(sum, c *order.LaneCounts) {
	sum.Generated += c.Generated
	sum.Processed += c.Processed
	sum.Dead += c.Dead
	sum.Removed += c.Removed
	sum.Waiting += c.Waiting
	sum.Delayed += c.Delayed
	sum.Claimed += c.Claimed
	if sum.First.IsZero() || !c.First.IsZero() && c.First.Before(sum.First) {
		sum.First = c.First
	}
	if c.Last.After(sum.Last) {
		sum.Last = c.Last
	}
	sum.Accepted = sum.Accepted.Add(c.Accepted)
	sum.Settled = sum.Settled.Add(c.Settled)
}
