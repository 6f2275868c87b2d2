package mongoredis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Jobs implements [store.Lister]. Which orders wait, are delayed, active or failed, the
// blocks tell; where completed ones are to be looked for, their counts do.
func (s *DB) Jobs(ctx context.Context, q store.JobQuery) ([]store.Job, error) {
	jobs, err := s.listJobs(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list %s jobs: %w", q.State, err)
	}
	return jobs, nil
}

func (s *DB) listJobs(ctx context.Context, q store.JobQuery) ([]store.Job, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if q.Offset < 0 || q.Limit < 0 || q.Offset+q.Limit > store.MaxExamined {
		return nil, fmt.Errorf("%w: offset %d and limit %d", order.ErrInvalid, q.Offset, q.Limit)
	}
	l := jobList{db: s, state: q.State, want: q.Offset + q.Limit}
	filter := bson.D{{Key: "void", Value: false}}
	newest := false
	switch q.State {
	case store.Waiting, store.Delayed, store.Active:
	case store.FailedJob, store.Completed:
		filter, newest = bson.D{}, true
	default:
		return nil, fmt.Errorf("%w: job state %q", order.ErrInvalid, q.State)
	}
	if q.Limit == 0 {
		return []store.Job{}, nil
	}
	runs, err := s.readRuns(ctx, filter)
	if err != nil {
		return nil, err
	}
	if newest {
		slices.Reverse(runs)
	}
	if err := l.walk(ctx, runs); err != nil {
		return nil, err
	}
	if q.State == store.Completed {
		return l.jobs[min(q.Offset, len(l.jobs)):], nil
	}
	return l.load(ctx, l.spots[min(q.Offset, len(l.spots)):])
}

// jobList collects the first jobs of one state.
type jobList struct {
	db    *DB
	state store.JobState
	want  int
	spots []spot      // of all states but Completed
	jobs  []store.Job // Completed
}

// spot is where a job was found.
type spot struct {
	run          *run
	index        uint64
	attempts     int
	claimed, due time.Time
}

func (l *jobList) full() bool { return len(l.spots)+len(l.jobs) >= l.want }

// walk collects from the runs, VIP first.
func (l *jobList) walk(ctx context.Context, runs []*run) error {
	for _, lane := range order.Priorities() {
		for _, r := range runs {
			if r.Cursor.Next == 0 {
				continue
			}
			look := l.inBlocks
			if l.state == store.Completed {
				look = l.completed
			}
			if err := look(ctx, r, lane); err != nil || l.full() {
				return err
			}
		}
	}
	return nil
}

// blockBatch is how many blocks are read at a time where the first may suffice.
const blockBatch = 100

// inBlocks collects the jobs that the blocks of one lane of a run name. The indexes of
// one block are all below those of the next.
func (l *jobList) inBlocks(ctx context.Context, r *run, lane order.Priority) error {
	counter, direction := "dead", -1
	switch l.state {
	case store.Waiting:
		counter, direction = "waiting", 1
	case store.Delayed:
		counter, direction = "delayed", 1
	case store.Active:
		counter, direction = "claimed", 1
	}
	filter := append(committed(r), bson.E{Key: "lane", Value: int(lane)}, bson.E{Key: counter, Value: bson.D{{Key: "$gt", Value: 0}}})
	if direction > 0 {
		filter = append(filter, bson.E{Key: "open", Value: true})
	}
	opts := options.Find().SetSort(bson.D{{Key: "first", Value: direction}}).SetBatchSize(blockBatch)
	err := l.db.eachBlock(ctx, filter, opts, func(b *block) error {
		l.spots = append(l.spots, l.of(r, b)...)
		if l.full() {
			l.spots = l.spots[:l.want]
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// of returns the jobs of a block that are in the state, in the order of the listing.
func (l *jobList) of(r *run, b *block) []spot {
	var found []spot
	if l.state == store.FailedJob {
		for _, index := range slices.Backward(b.buried) {
			found = append(found, spot{run: r, index: index})
		}
		return found
	}
	if b.void {
		return nil
	}
	for i := range b.parts {
		p := &b.parts[i]
		if p.state() != l.state {
			continue
		}
		at := spot{run: r, attempts: p.attempts}
		switch l.state {
		case store.Active:
			at.claimed = p.holder.at
		case store.Delayed:
			at.due = p.due
		}
		for _, at.index = range p.indexes {
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(a, b spot) int { return cmp.Compare(a.index, b.index) })
	return found
}

// state returns what the orders of a part are as jobs.
func (p *part) state() store.JobState {
	switch {
	case p.holder != nil:
		return store.Active
	case p.late:
		return store.Delayed
	default:
		return store.Waiting
	}
}

// loadBatch is how many orders are read by key at a time.
const loadBatch = 1000

// load reads the orders of jobs. Those that have left the state since are passed over.
func (l *jobList) load(ctx context.Context, spots []spot) ([]store.Job, error) {
	jobs := make([]store.Job, 0, len(spots))
	for batch := range slices.Chunk(spots, loadBatch) {
		keys := make(bson.A, len(batch))
		for i := range batch {
			keys[i] = uuid(batch[i].run.ID.Key(batch[i].index))
		}
		found := make(map[order.Key]*orderDoc, len(batch))
		opts := options.Find().SetBatchSize(loadBatch)
		err := l.db.findOrders(ctx, byID(bson.D{{Key: "$in", Value: keys}}), opts, func(d *orderDoc) error {
			found[d.Key] = new(*d)
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i := range batch {
			if job, ok := l.job(&batch[i], found); ok {
				jobs = append(jobs, job)
			}
		}
	}
	return jobs, nil
}

func (l *jobList) job(at *spot, found map[order.Key]*orderDoc) (store.Job, bool) {
	d := found[at.run.ID.Key(at.index)]
	status := order.Pending
	if l.state == store.FailedJob {
		status = order.Dead
	}
	if d == nil || d.Status != status {
		return store.Job{}, false
	}
	job := store.Job{Order: at.run.seen(d), State: l.state, Attempts: at.attempts, Claimed: at.claimed, Due: at.due}
	if status == order.Dead {
		job.Attempts = d.Attempts
	}
	return job, true
}

// leastStretch is how many processed orders a stretch has that is looked at for
// completed jobs, if there are so many: some of them may be hidden.
const leastStretch = 1000

// completed collects the completed jobs of one lane of a run. It walks its blocks from the
// newest back, and looks at the orders of stretches of blocks that count processed ones.
func (l *jobList) completed(ctx context.Context, r *run, lane order.Priority) error {
	s := stretch{run: r, lane: lane, low: r.Cursor.Next, high: r.Cursor.Next}
	opts := options.Find().SetSort(bson.D{{Key: "first", Value: -1}}).SetBatchSize(maxPage).
		SetProjection(bson.D{{Key: "first", Value: 1}, {Key: "processed", Value: 1}})
	cursor, err := l.db.blocks.Find(ctx, append(committed(r), bson.E{Key: "lane", Value: int(lane)}), opts)
	if err != nil {
		return unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	for cursor.Next(ctx) && !l.full() {
		var b struct{ First, Processed int64 }
		if err := cursor.Decode(&b); err != nil {
			return fmt.Errorf("%w: block: %w", order.ErrCorrupt, err)
		}
		if b.Processed > 0 {
			s.low, s.processed = uint64(b.First), s.processed+b.Processed
		}
		if b.Processed == 0 || s.processed >= max(leastStretch, int64(l.want-len(l.jobs))) {
			if err := l.complete(ctx, &s); err != nil {
				return err
			}
			s.low, s.high, s.processed = uint64(b.First), uint64(b.First), 0
		}
	}
	if err := cursor.Err(); err != nil {
		return unreachable("MongoDB", err)
	}
	return l.complete(ctx, &s)
}

// stretch are indexes of a run from low to below high, in which so many orders of the
// lane are processed.
type stretch struct {
	run       *run
	lane      order.Priority
	low, high uint64
	processed int64
}

// complete collects the completed jobs of a stretch.
func (l *jobList) complete(ctx context.Context, s *stretch) error {
	if s.processed == 0 || l.full() {
		return nil
	}
	filter := append(between(s.run.ID, s.low, s.high),
		bson.E{Key: fieldPriority, Value: s.lane.String()},
		bson.E{Key: fieldStatus, Value: statusName(order.Processed)},
		bson.E{Key: fieldHidden, Value: bson.D{{Key: "$ne", Value: true}}})
	opts := options.Find().SetSort(byID(-1)).SetHint(byID(1)).SetLimit(int64(l.want - len(l.jobs))).SetBatchSize(maxPage)
	return l.db.findOrders(ctx, filter, opts, func(d *orderDoc) error {
		l.jobs = append(l.jobs, store.Job{Order: s.run.seen(d), State: l.state, Attempts: d.Attempts})
		return nil
	})
}
