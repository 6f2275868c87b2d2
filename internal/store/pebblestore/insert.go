package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Insert implements [store.Source].
func (db *DB) Insert(ctx context.Context, fence store.Fence, chunk store.Chunk) (store.Inserted, error) {
	return db.insert(ctx, fence, &chunk, nil)
}

// Prepare implements [store.Preparer]: the rows of orders and blocks are encoded without
// knowing whether the chunk will have its turn. If it finds the run's cursor elsewhere
// then, or if refs have to be looked up, it is encoded again.
func (db *DB) Prepare(ctx context.Context, fence store.Fence, chunk store.Chunk) (func(context.Context) (store.Inserted, error), error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	rs, run := db.lookRun(fence.Run)
	if rs == nil {
		return nil, fmt.Errorf("prepare %d orders of run %s: %w", len(chunk.Orders), fence.Run, order.ErrStale)
	}
	in := &insertion{db: db, rs: rs, run: &run, batch: db.eng.NewBatchWithSize(len(chunk.Orders) * 64)}
	if !bearsRefs(chunk.Orders) {
		if err := in.orders(&chunk, 0); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare at %d of run %s: %w", chunk.First, run.ID, err), in.batch.Close())
		}
		in.ready = true
	}
	return func(ctx context.Context) (store.Inserted, error) {
		defer in.batch.Close()
		return db.insert(ctx, fence, &chunk, in)
	}, nil
}

func bearsRefs(orders []order.Order) bool {
	return slices.ContainsFunc(orders, func(o order.Order) bool { return o.Ref != "" })
}

// insert inserts a chunk, of which the rows may have been prepared.
func (db *DB) insert(ctx context.Context, fence store.Fence, chunk *store.Chunk, in *insertion) (store.Inserted, error) {
	if err := db.enter(ctx); err != nil {
		return store.Inserted{}, err
	}
	defer db.leave()
	rs, run, unlock, err := db.writeRun(fence)
	if err != nil {
		return store.Inserted{}, fmt.Errorf("insert at %d: %w", chunk.First, err)
	}
	defer unlock()
	if err := db.mayInsert(&run, chunk); err != nil {
		return store.Inserted{}, fmt.Errorf("insert at %d into run %s: %w", chunk.First, run.ID, err)
	}
	if repeats(&run, chunk) {
		return store.Inserted{}, nil
	}
	if in == nil || !in.ready || chunk.First != run.Cursor.Next {
		in = &insertion{db: db, rs: rs, batch: db.eng.NewBatchWithSize(len(chunk.Orders) * 64), run: &run}
		defer in.batch.Close()
		if err := in.orders(chunk, int(run.Cursor.Next-chunk.First)); err != nil {
			return store.Inserted{}, fmt.Errorf("insert at %d into run %s: %w", chunk.First, run.ID, err)
		}
	}
	if err := chunk.Conflict(in.refused); err != nil {
		in.forget()
		return store.Inserted{}, fmt.Errorf("insert at %d into run %s: %w", chunk.First, run.ID, err)
	}
	in.run = &run
	if err := in.seal(chunk); err != nil {
		return store.Inserted{}, fmt.Errorf("insert at %d into run %s: %w", chunk.First, run.ID, err)
	}
	return in.finish()
}

// mayInsert says whether the run takes this chunk.
func (db *DB) mayInsert(run *order.Run, chunk *store.Chunk) error {
	if !run.Active() {
		return fmt.Errorf("%w: the run is %v", order.ErrStale, run.Phase)
	}
	if chunk.First > run.Cursor.Next {
		return fmt.Errorf("%w: chunk at %d leaves a gap behind %d", order.ErrInvalid, chunk.First, run.Cursor.Next)
	}
	if end := chunk.First + uint64(len(chunk.Orders)); chunk.Next.Next != end || end > order.MaxIndex+1 {
		return fmt.Errorf("%w: cursor %d behind a chunk that ends at %d", order.ErrInvalid, chunk.Next.Next, end)
	}
	return db.disk.check()
}

// repeats says whether the chunk was inserted before. One without orders tells it by
// the rest of its cursor.
func repeats(run *order.Run, chunk *store.Chunk) bool {
	if len(chunk.Orders) == 0 {
		return chunk.Next.Next < run.Cursor.Next || chunk.Next == run.Cursor
	}
	return chunk.Next.Next <= run.Cursor.Next
}

// insertion builds the batch of one chunk. Of run, its orders need only what never
// changes.
type insertion struct {
	db      *DB
	rs      *runState
	run     *order.Run
	batch   *pebble.Batch
	ready   bool // the chunk's orders are in the batch, all of them
	scratch []byte
	tallies [order.PriorityCount]tally
	open    [order.PriorityCount]blockRow // the block being filled, per lane
	blocks  []*readyBlock
	refs    map[string]int // refs of this chunk > place in it
	refused []store.Refusal
	added   int64
}

// seal adds what needs the chunk's turn: the run's document and the counters.
func (in *insertion) seal(chunk *store.Chunk) error {
	in.run.Cursor = chunk.Next
	in.run.Generate += chunk.Spent
	for _, lane := range chunk.Ready {
		in.run.Enqueued[lane] = chunk.Next.Next
	}
	if err := putRun(in.batch, in.run); err != nil {
		return err
	}
	for _, lane := range order.Priorities() {
		if t := &in.tallies[lane]; t.generated > 0 {
			if err := mergeTally(in.batch, in.run.ID, lane, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// orders encodes the chunk's orders from that place on, and the blocks they travel in.
func (in *insertion) orders(chunk *store.Chunk, skip int) error {
	started := in.run.ID.Started()
	key := make([]byte, 0, orderKeyLen)
	for i := skip; i < len(chunk.Orders); i++ {
		o := &chunk.Orders[i]
		if o.Key != in.run.ID.Key(chunk.First+uint64(i)) {
			return fmt.Errorf("%w: order %d of the chunk has the key %s", order.ErrInvalid, i, o.Key)
		}
		if o.Ref != "" {
			fresh, err := in.claimRef(chunk, i)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
		}
		lane := o.Priority()
		key = appendOrderKey(key[:0], rowOrder, lane, o.Key)
		in.scratch = appendOrder(in.scratch[:0], o, started)
		if err := in.batch.Set(key, in.scratch, nil); err != nil {
			return err
		}
		t := &in.tallies[lane]
		t.generated++
		if chunk.Foretell != nil {
			t.accepted = t.accepted.Add(chunk.Foretell(o))
		}
		in.added++
		if err := in.file(lane, o.Key.Index()); err != nil {
			return err
		}
	}
	return errors.Join(in.cut(order.VIP), in.cut(order.Normal))
}

// file puts an order into its lane's open block.
func (in *insertion) file(lane order.Priority, index uint64) error {
	b := &in.open[lane]
	b.indexes = append(b.indexes, index)
	if len(b.indexes) < in.run.Spec.BlockSize {
		return nil
	}
	return in.cut(lane)
}

// cut closes the lane's open block.
func (in *insertion) cut(lane order.Priority) error {
	b := &in.open[lane]
	if len(b.indexes) == 0 {
		return nil
	}
	b.run = in.run.ID
	ready := &readyBlock{run: in.rs, lane: lane, name: in.run.ID.Key(b.indexes[0]), count: len(b.indexes)}
	in.blocks = append(in.blocks, ready)
	in.scratch = b.append(in.scratch[:0])
	ready.row = in.db.keepRow(in.rs, in.scratch)
	b.indexes = b.indexes[:0]
	return in.batch.Set(ready.rowKey(), in.scratch, nil)
}

// claimRef reserves an order's ref. It returns false if the order must not be added,
// having noted why.
func (in *insertion) claimRef(chunk *store.Chunk, at int) (bool, error) {
	o := &chunk.Orders[at]
	if first, ok := in.refs[o.Ref]; ok {
		in.refuse(at, order.SameContent(&chunk.Orders[first], o))
		return false, nil
	}
	known, err := in.db.byRef(o.Ref)
	if err == nil {
		err = in.db.bears(&known)
	}
	switch {
	case err == nil:
		in.refuse(at, order.SameContent(&known, o))
		return false, nil
	case !errors.Is(err, order.ErrNotFound):
		return false, err
	}
	if in.refs == nil {
		in.refs = make(map[string]int)
	}
	in.refs[o.Ref] = at
	lane := byte(o.Priority())
	return true, in.batch.Set(refKey(o.Ref), append(o.Key[:len(o.Key):len(o.Key)], lane), nil)
}

func (in *insertion) refuse(at int, same bool) {
	r := store.Refusal{At: at}
	if !same {
		r.Err = order.ErrRefConflict
	}
	in.refused = append(in.refused, r)
}

// forget drops the blocks of a chunk that is kept out.
func (in *insertion) forget() {
	for _, b := range in.blocks {
		in.db.dropRow(b)
	}
}

// finish commits the batch and lets memory follow.
func (in *insertion) finish() (store.Inserted, error) {
	err := in.db.commitShut(in.batch, in.tallies[order.VIP].generated, func() {
		in.rs.run = *in.run
		for _, lane := range order.Priorities() {
			t := &in.tallies[lane]
			in.db.count(in.rs, lane, t)
			in.db.shift(in.rs, lane, int(t.generated), 0, 0)
		}
		for _, b := range in.blocks {
			in.db.place(b)
		}
	})
	if err != nil {
		return store.Inserted{}, fmt.Errorf("insert into run %s: %w", in.run.ID, err)
	}
	return store.Inserted{Added: in.added, Refused: in.refused}, nil
}

// place puts a block into its lane if it is enqueued, else beside it. mu held.
func (db *DB) place(b *readyBlock) {
	if b.delayed() || b.name.Index() < b.run.run.Enqueued[b.lane] {
		db.lanes[b.lane].push(b)
		return
	}
	b.run.staged[b.lane] = append(b.run.staged[b.lane], b)
}

// Enqueue implements [store.Source].
func (db *DB) Enqueue(ctx context.Context, fence store.Fence, lane order.Priority) (int64, error) {
	if err := db.enter(ctx); err != nil {
		return 0, err
	}
	defer db.leave()
	rs, run, unlock, err := db.writeRun(fence)
	if err != nil {
		return 0, fmt.Errorf("enqueue %v: %w", lane, err)
	}
	defer unlock()
	if !run.Active() {
		return 0, fmt.Errorf("enqueue %v of run %s, which is %v: %w", lane, run.ID, run.Phase, order.ErrStale)
	}
	run.Enqueued[lane] = run.Cursor.Next
	b := db.eng.NewBatch()
	defer b.Close()
	if err := putRun(b, &run); err != nil {
		return 0, err
	}
	if err := db.commit(b); err != nil {
		return 0, fmt.Errorf("enqueue %v of run %s: %w", lane, run.ID, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	rs.run = run
	var orders int64
	for _, staged := range rs.staged[lane] {
		orders += int64(staged.count)
		db.lanes[lane].push(staged)
	}
	rs.staged[lane] = nil
	db.announce()
	return orders, nil
}

// mergeTally adds a tally to the counters on disk.
func mergeTally(b *pebble.Batch, run order.RunID, lane order.Priority, t *tally) error {
	return b.Merge(countersKey(run, lane), t.append(make([]byte, 0, tallyLen)), nil)
}

// byRef returns the order with that ref as it was accepted.
func (db *DB) byRef(ref string) (order.Order, error) {
	v, err := db.get(refKey(ref))
	if err != nil {
		return order.Order{}, err
	}
	lane, k, ok := parseOrderKey(slices.Concat([]byte{rowRef}, v[16:], v[:16]))
	if !ok {
		return order.Order{}, fmt.Errorf("%w: ref row %q", order.ErrCorrupt, ref)
	}
	return db.accepted(db.eng, lane, k)
}

// bears returns [order.ErrNotFound] if an order has given its ref up: it can never be
// shipped, since its run was ended before.
func (db *DB) bears(o *order.Order) error {
	if _, run := db.lookRun(o.Key.Run()); !run.Void {
		return nil
	}
	now := *o
	if err := db.join(db.eng, o.Priority(), &now); err != nil {
		return err
	}
	if now.Status == order.Processed || now.Status == order.Dead {
		return nil
	}
	return order.ErrNotFound
}

// accepted returns an order as it was accepted.
func (db *DB) accepted(r pebble.Reader, lane order.Priority, k order.Key) (order.Order, error) {
	v, err := get(r, orderKey(rowOrder, lane, k))
	if err != nil {
		return order.Order{}, err
	}
	row, err := decodeOrder(v)
	if err != nil {
		return order.Order{}, fmt.Errorf("order %s: %w", k, err)
	}
	return row.order(k), nil
}
