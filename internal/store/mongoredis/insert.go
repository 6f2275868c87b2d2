package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Insert implements [store.Source]. The chunk's orders are written first, then its
// blocks, and then the run's cursor moves behind them, which is what makes them exist:
// what lies at or past a cursor no reader sees, and the next attempt writes over it.
func (s *DB) Insert(ctx context.Context, fence store.Fence, chunk store.Chunk) (store.Inserted, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.Inserted{}, fmt.Errorf("insert at %d: %w", chunk.First, err)
	}
	defer leave()
	inserted, err := s.insert(ctx, fence, &chunk)
	if err != nil {
		return store.Inserted{}, fmt.Errorf("insert %d orders at %d: %w", len(chunk.Orders), chunk.First, err)
	}
	return inserted, nil
}

// maxRefRaces bounds how often a chunk is begun anew because others take its refs.
const maxRefRaces = 20

func (s *DB) insert(ctx context.Context, fence store.Fence, chunk *store.Chunk) (store.Inserted, error) {
	left := s.inserted.Swap(nil)
	for range maxRefRaces {
		r, err := s.readRun(ctx, fence.Run)
		if isNotFound(err) {
			err = order.ErrStale
		}
		if err == nil {
			err = s.mayInsert(ctx, r, fence, chunk)
		}
		if err != nil {
			return store.Inserted{}, err
		}
		if r.inserted(chunk) {
			return store.Inserted{}, s.caughtUp(ctx, chunk)
		}
		if left == nil || *left != (at{r.ID, r.version}) {
			if _, err := s.readControl(ctx); err != nil { // the run may be one since a reset that was not noticed here
				return store.Inserted{}, err
			}
			if err := s.touch(ctx, r.ID, 0); err != nil {
				return store.Inserted{}, err
			}
			left = &at{r.ID, r.version + 1}
			continue
		}
		inserted, raced, err := s.attempt(ctx, fence, chunk, r)
		if err != nil || !raced {
			return inserted, err
		}
	}
	return store.Inserted{}, fmt.Errorf("%w: others change the run or take the chunk's refs all the time", order.ErrUnavailable)
}

// attempt inserts what of the chunk lies behind the cursor of the run as it was read. It
// says if the chunk must be begun anew.
func (s *DB) attempt(ctx context.Context, fence store.Fence, chunk *store.Chunk, r *run) (_ store.Inserted, raced bool, err error) {
	refused, err := s.takeRefs(ctx, r, chunk)
	if err != nil {
		return store.Inserted{}, false, err
	}
	i := newInsertion(r, chunk, refused)
	raced, err = s.write(ctx, r, i)
	if err == nil && !raced {
		raced, err = s.commit(ctx, fence, chunk, i)
	}
	return i.result(refused), raced, err
}

// at is a run's document in a version. An attempt to insert may still be on its way when
// the next one begins: nobody knows, unless the run is as this process's last insertion
// left it. So the next one raises the version first. Then what is late cannot move the
// cursor, and takes the blocks of the next one, which bear the new version, for none of
// its own.
type at struct {
	run     order.RunID
	version int64
}

// takeRefs returns which orders of the chunk are left out for their refs, and frees those
// refs of the others that were given up. A chunk that is kept out changes nothing.
func (s *DB) takeRefs(ctx context.Context, r *run, chunk *store.Chunk) ([]store.Refusal, error) {
	refused, free, err := s.refused(ctx, r, chunk)
	if err == nil {
		err = chunk.Conflict(refused)
	}
	for i := 0; err == nil && i < len(free); i++ {
		err = s.freeRef(ctx, free[i])
	}
	return refused, err
}

func (s *DB) mayInsert(ctx context.Context, r *run, fence store.Fence, chunk *store.Chunk) error {
	if err := s.fenced(ctx, r, fence); err != nil {
		return err
	}
	if err := r.active(); err != nil {
		return err
	}
	return r.checkChunk(chunk)
}

// active returns [order.ErrStale] if the run has ended.
func (r *run) active() error {
	if !r.Active() {
		return fmt.Errorf("%w: run is in %v", order.ErrStale, r.Phase)
	}
	return nil
}

// inserted says whether the chunk was inserted before.
func (r *run) inserted(chunk *store.Chunk) bool {
	if len(chunk.Orders) == 0 {
		return chunk.Next.Next < r.Cursor.Next || chunk.Next == r.Cursor
	}
	return chunk.Next.Next <= r.Cursor.Next
}

func (r *run) checkChunk(chunk *store.Chunk) error {
	if chunk.First > r.Cursor.Next {
		return fmt.Errorf("%w: the run's cursor is at %d", order.ErrInvalid, r.Cursor.Next)
	}
	if end := chunk.First + uint64(len(chunk.Orders)); chunk.Next.Next != end || end > order.MaxIndex {
		return fmt.Errorf("%w: next cursor %d; want %d, at most %d", order.ErrInvalid, chunk.Next.Next, end, uint64(order.MaxIndex))
	}
	for i := range chunk.Orders {
		if chunk.Orders[i].Key != r.ID.Key(chunk.First+uint64(i)) {
			return fmt.Errorf("%w: order %d has the key %v", order.ErrInvalid, i, chunk.Orders[i].Key)
		}
	}
	return nil
}

// insertion is what a chunk adds.
type insertion struct {
	from    uint64 // the run's cursor
	version int64  // the run's, which the blocks bear
	orders  []*order.Order
	homes   []uint64 // first index of each order's block
	blocks  []*block
}

// newInsertion cuts a chunk into blocks. Where it cuts does not depend on what is refused,
// which may be less when the chunk is inserted again: then a block of the attempt before
// that arrives late finds one of its ID there, and is not inserted.
func newInsertion(r *run, chunk *store.Chunk, refused []store.Refusal) *insertion {
	i := &insertion{from: r.Cursor.Next, version: r.version}
	size := max(1, r.Spec.BlockSize)
	var last [order.PriorityCount]*block
	var taken [order.PriorityCount]int // places of the last block, those of refused orders among them
	for at := int(r.Cursor.Next - chunk.First); at < len(chunk.Orders); at++ {
		o := &chunk.Orders[at]
		lane, index := o.Priority(), o.Key.Index()
		b := last[lane]
		if b == nil || taken[lane] == size {
			b = &block{
				id: newBlockID(r.ID, lane, index), version: 1, stamp: r.version, run: r.ID, lane: lane, first: index,
				parts: []part{{since: o.CreatedAt}}, next: 1,
			}
			last[lane], taken[lane] = b, 0
		}
		taken[lane]++
		if len(refused) > 0 && refused[0].At == at {
			refused = refused[1:]
			continue
		}
		if len(b.parts[0].indexes) == 0 {
			i.blocks = append(i.blocks, b)
		}
		b.parts[0].indexes = append(b.parts[0].indexes, index)
		b.counts.Generated++
		if chunk.Foretell != nil {
			b.counts.Accepted = b.counts.Accepted.Add(chunk.Foretell(o))
		}
		i.orders, i.homes = append(i.orders, o), append(i.homes, b.first)
	}
	return i
}

func (i *insertion) result(refused []store.Refusal) store.Inserted {
	return store.Inserted{Added: int64(len(i.orders)), Refused: refused}
}

// has says whether a lane gets orders.
func (i *insertion) has(lane order.Priority) bool {
	return slices.ContainsFunc(i.blocks, func(b *block) bool { return b.lane == lane })
}

// write writes orders and blocks past the run's cursor. It says if it found a ref taken
// that was free a moment ago; the chunk must then be begun anew.
func (s *DB) write(ctx context.Context, r *run, i *insertion) (raced bool, err error) {
	if i.has(order.VIP) {
		if err := s.shutToNormal(ctx); err != nil {
			return false, err
		}
	}
	if raced, err = s.writeOrders(ctx, i); err != nil || raced {
		return raced, err
	}
	return false, s.writeBlocks(ctx, r, i)
}

func (s *DB) writeOrders(ctx context.Context, i *insertion) (raced bool, err error) {
	if len(i.orders) == 0 {
		return false, nil
	}
	var memory []byte
	docs := make([]any, len(i.orders))
	for at, o := range i.orders {
		start := len(memory)
		memory = appendOrder(memory, o, i.homes[at])
		docs[at] = bson.Raw(memory[start:len(memory):len(memory)])
	}
	twice, err := s.insertMany(ctx, docs)
	if err != nil || len(twice) == 0 {
		return false, err
	}
	doubtful := make(bson.A, len(twice))
	for n, at := range twice {
		doubtful[n] = uuid(i.orders[at].Key)
	}
	// Those whose keys are there were written by an attempt that was cut off, and name the
	// same blocks as now.
	n, err := s.orders.CountDocuments(ctx, byID(bson.D{{Key: "$in", Value: doubtful}}))
	return n != int64(len(doubtful)), unreachable("MongoDB", err)
}

// insertPart is how many orders one command inserts; those of a chunk run side by side.
const insertPart = 2500

// insertMany inserts documents and returns the places of those that were there already,
// or whose ref another one has.
func (s *DB) insertMany(ctx context.Context, docs []any) (twice []int, err error) {
	parts := slices.Collect(slices.Chunk(docs, insertPart))
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for n, part := range parts {
		all.Go(func() { _, errs[n] = s.orders.InsertMany(ctx, part, options.InsertMany().SetOrdered(false)) })
	}
	all.Wait()
	for n, err := range errs {
		var bulk mongo.BulkWriteException
		if err == nil {
			continue
		}
		if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
			return nil, unreachable("MongoDB", err)
		}
		for _, e := range bulk.WriteErrors {
			if e.Code != duplicateKey {
				return nil, unreachable("MongoDB", err)
			}
			twice = append(twice, n*insertPart+e.Index)
		}
	}
	return twice, nil
}

// duplicateKey is MongoDB's error code of a unique index.
const duplicateKey = 11000

// writeBlocks writes the blocks, over those of attempts before this one. Those of a later
// attempt it leaves alone, also if what it asks for here arrives when that one has come to
// its end: then the run's cursor will not move.
func (s *DB) writeBlocks(ctx context.Context, r *run, i *insertion) error {
	_, err := s.blocks.DeleteMany(ctx, bson.D{
		{Key: "run", Value: uuid(r.ID)}, {Key: "first", Value: bson.D{{Key: "$gte", Value: int64(i.from)}}},
		{Key: "stamp", Value: bson.D{{Key: "$lt", Value: r.version}}},
	})
	if err != nil || len(i.blocks) == 0 {
		return unreachable("MongoDB", err)
	}
	docs := make([]any, len(i.blocks))
	for at, b := range i.blocks {
		docs[at] = b.doc()
	}
	_, err = s.blocks.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("%w: somebody else inserts into the run", order.ErrStale)
	}
	return unreachable("MongoDB", err)
}

// commit moves the run's cursor behind the chunk, and then brings the blocks that may be
// claimed into the lanes. A VIP order is acknowledged after the gate has been shut.
//
// It says if the run has changed since the blocks were written. Somebody else may have
// begun to insert then, and have deleted them: the chunk must be begun anew.
func (s *DB) commit(ctx context.Context, fence store.Fence, chunk *store.Chunk, i *insertion) (raced bool, err error) {
	r, err := s.underFence(ctx, fence, func(r *run) (bool, error) {
		if r.inserted(chunk) {
			return false, nil // by this very call: an answer was lost
		}
		if err := r.active(); err != nil {
			return false, err
		}
		if r.Cursor.Next != i.from {
			return false, fmt.Errorf("%w: somebody else inserts into the run", order.ErrStale)
		}
		if raced = r.version != i.version; raced {
			return false, nil
		}
		for _, lane := range chunk.Ready {
			r.Enqueued[lane] = chunk.Next.Next
		}
		r.Cursor = chunk.Next
		r.Generate += chunk.Spent
		return true, nil
	})
	if errors.Is(err, order.ErrUnavailable) {
		s.rebuild.Store(true) // the cursor may have moved
	}
	if err != nil || raced {
		return raced, err
	}
	if i.has(order.VIP) {
		if err := s.shutToNormal(ctx); err != nil {
			s.rebuild.Store(true)
			return false, err
		}
	}
	var m moves
	for _, b := range i.blocks {
		if slices.Contains(chunk.Ready, b.lane) {
			m.enqueue(b, &b.parts[0])
		}
	}
	if err := s.apply(ctx, &m); err != nil {
		return false, err
	}
	s.inserted.Store(&at{r.ID, r.version})
	return false, nil
}

// caughtUp does for a chunk what a call before this one may not have come to: it shuts the
// gate if the chunk has VIP orders, and brings into the lanes what they lack.
func (s *DB) caughtUp(ctx context.Context, chunk *store.Chunk) error {
	vip := func(o order.Order) bool { return o.Priority() == order.VIP }
	if slices.ContainsFunc(chunk.Orders, vip) {
		if err := s.shutToNormal(ctx); err != nil {
			s.rebuild.Store(true)
			return err
		}
	}
	if !s.rebuild.Load() {
		return nil
	}
	return s.reconcile(ctx)
}

// Enqueue implements [store.Source].
func (s *DB) Enqueue(ctx context.Context, fence store.Fence, lane order.Priority) (int64, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("enqueue %v: %w", lane, err)
	}
	defer leave()
	var n int64
	r, err := s.underFence(ctx, fence, func(r *run) (bool, error) {
		if err := r.active(); err != nil {
			return false, err
		}
		var err error
		n, err = s.unqueued(ctx, r, lane, "waiting")
		r.Enqueued[lane] = r.Cursor.Next
		return true, err
	})
	if err == nil && r.Cursor.Next > 0 {
		err = s.fill(ctx, lane)
	}
	if err != nil {
		return 0, fmt.Errorf("enqueue %v: %w", lane, err)
	}
	return n, nil
}

// refused returns the orders of a chunk that others' refs keep out, ascending: with no
// error if the other order is the same one.
func (s *DB) refused(ctx context.Context, r *run, chunk *store.Chunk) (refused []store.Refusal, free []*orderDoc, err error) {
	others, free, err := s.holdersOf(ctx, r, chunk)
	if err != nil {
		return nil, nil, err
	}
	for at := int(r.Cursor.Next - chunk.First); at < len(chunk.Orders); at++ {
		o := &chunk.Orders[at]
		if o.Ref == "" {
			continue
		}
		other, taken := others[o.Ref]
		switch {
		case !taken:
			others[o.Ref] = o
		case order.SameContent(o, other):
			refused = append(refused, store.Refusal{At: at})
		default:
			refused = append(refused, store.Refusal{At: at, Err: fmt.Errorf("%w: %q", order.ErrRefConflict, o.Ref)})
		}
	}
	return refused, free, nil
}

// holdersOf returns the orders that have the refs of a chunk, as they were accepted, and
// those that have given them up. An order without a ref is named by its key, so that
// is a ref no other order can have.
func (s *DB) holdersOf(ctx context.Context, r *run, chunk *store.Chunk) (others map[string]*order.Order, free []*orderDoc, err error) {
	var refs bson.A
	for i := range chunk.Orders {
		if ref := chunk.Orders[i].Ref; ref != "" {
			refs = append(refs, ref)
		}
	}
	others = map[string]*order.Order{}
	if len(refs) == 0 {
		return others, nil, nil
	}
	var found []orderDoc
	err = s.findOrders(ctx, bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: refs}}}}, options.Find(), func(d *orderDoc) error {
		found = append(found, *d)
		return nil
	})
	for i := 0; err == nil && i < len(found); i++ {
		d := &found[i]
		if d.Key.Run() == r.ID && d.Key.Index() >= r.Cursor.Next {
			continue // left behind by an attempt to insert this very chunk
		}
		if key, named := d.namedByKey(); named { // as long as its document is there
			others[key] = new(d.accepted())
			continue
		}
		var up bool
		if up, err = s.givenUp(ctx, d); up {
			free = append(free, d)
		} else {
			accepted := d.accepted()
			others[strings.Clone(d.Ref)] = &accepted
		}
	}
	return others, free, err
}

// givenUp says whether an order has given its ref up: its run is gone, or is void and
// the order has no outcome, or the order was never committed.
func (s *DB) givenUp(ctx context.Context, d *orderDoc) (bool, error) {
	r, err := s.readRun(ctx, d.Key.Run())
	switch {
	case isNotFound(err):
		return true, nil
	case err != nil:
		return false, err
	case r.Void && !r.fenced: // an outcome may be on its way to the order's document
		return false, fmt.Errorf("%w: run %s, which has ref %q, is being ended; try again", order.ErrUnavailable, r.ID, d.Ref)
	case d.Key.Index() < r.Cursor.Next:
		return r.Void && d.Status != order.Processed && d.Status != order.Dead, nil
	case r.Active():
		return false, fmt.Errorf("%w: run %s is about to accept ref %q; try again", order.ErrUnavailable, r.ID, d.Ref)
	default:
		return true, nil
	}
}

// freeRef names an order by its key alone.
func (s *DB) freeRef(ctx context.Context, d *orderDoc) error {
	filter := append(byID(uuid(d.Key)), bson.E{Key: fieldID, Value: d.Ref})
	_, err := s.orders.UpdateOne(ctx, filter, bson.D{{Key: "$set", Value: bson.D{
		{Key: fieldID, Value: d.Key.String()}, {Key: fieldFormerID, Value: d.Ref},
	}}})
	return unreachable("MongoDB", err)
}
