package storetest

import (
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// spec returns the spec of a small generated run, edited.
func spec(edits ...func(*order.Spec)) order.Spec {
	s := order.Spec{
		Kind:      order.Generated,
		Target:    10,
		Seed:      7,
		Weights:   order.Weights{1, 2, 3, 4},
		Work:      order.Work{Handler: "mark", Attempts: 3},
		ChunkSize: 10,
		BlockSize: 3,
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

func standing(s *order.Spec)           { s.Kind = order.Standing }
func blocksOf(n int) func(*order.Spec) { return func(s *order.Spec) { s.BlockSize = n } }

// batch is a run that is being filled.
type batch struct {
	b   *bed
	run order.Run
}

func (r *batch) fence() store.Fence { return store.Fence{Run: r.run.ID, Epoch: r.run.Epoch} }

func (r *batch) key(index uint64) order.Key { return r.run.ID.Key(index) }

// orders makes orders from a pattern, one per letter: V is a VIP order, N a NORMAL one.
func orders(run order.RunID, first uint64, pattern string) []order.Order {
	made := make([]order.Order, 0, len(pattern))
	for i, letter := range pattern {
		index := first + uint64(i)
		tier := order.Diamond
		if letter != 'V' {
			tier = order.Tier(index % uint64(order.Diamond))
		}
		made = append(made, order.Order{
			Key:       run.Key(index),
			Customer:  fmt.Sprintf("Cliente %d", index),
			Amount:    order.Cents(100*index + 1),
			Tier:      tier,
			Note:      fmt.Sprintf("note %d", index%3),
			CreatedAt: epoch().Add(time.Duration(index) * time.Millisecond),
		})
	}
	return made
}

// chunk makes the run's next chunk from a pattern.
func (r *batch) chunk(pattern string, ready ...order.Priority) store.Chunk {
	return chunkOf(&r.run, orders(r.run.ID, r.run.Cursor.Next, pattern), ready...)
}

func chunkOf(run *order.Run, orders []order.Order, ready ...order.Priority) store.Chunk {
	first := run.Cursor.Next
	return store.Chunk{
		First:    first,
		Orders:   orders,
		Next:     order.Cursor{Next: first + uint64(len(orders))},
		Ready:    ready,
		Foretell: foretell,
	}
}

// foretell is the digest's term of an order that will be processed.
func foretell(o *order.Order) order.Digest {
	done := *o
	done.Process(epoch())
	return done.Sum()
}

// insert adds the run's next orders.
func (r *batch) insert(pattern string, ready ...order.Priority) {
	r.b.Helper()
	r.insertChunk(r.chunk(pattern, ready...))
}

func (r *batch) insertChunk(chunk store.Chunk) store.Inserted {
	r.b.Helper()
	inserted, err := r.b.s.Insert(r.b.ctx, r.fence(), chunk)
	r.b.ok("Insert", err)
	refused := map[int]bool{}
	for _, refusal := range inserted.Refused {
		refused[refusal.At] = true
	}
	for i, o := range chunk.Orders {
		if _, known := r.b.accepted[o.Key]; !known && !refused[i] {
			r.b.accepted[o.Key] = o
		}
	}
	r.refresh()
	r.b.recount()
	return inserted
}

// both are the lanes, for chunks that are claimable at once.
func both() []order.Priority { return []order.Priority{order.VIP, order.Normal} }

// refresh reads the run's document.
func (r *batch) refresh() order.Run {
	r.b.Helper()
	run, err := r.b.s.Run(r.b.ctx, r.run.ID)
	r.b.ok("Run", err)
	r.run = run
	return run
}

func (r *batch) enqueue(lane order.Priority) int64 {
	r.b.Helper()
	n, err := r.b.s.Enqueue(r.b.ctx, r.fence(), lane)
	r.b.ok("Enqueue", err)
	r.refresh()
	r.b.recount()
	return n
}

func (r *batch) cancel(opts store.CancelOptions) store.Cancelled {
	r.b.Helper()
	if opts.At.IsZero() {
		opts.At = r.b.tick()
	}
	cancelled, err := r.b.s.Cancel(r.b.ctx, r.run.ID, opts, nil)
	r.b.ok("Cancel", err)
	r.b.recount()
	return cancelled
}

func (r *batch) counts() order.Counts {
	r.b.Helper()
	counts, err := r.b.s.Counts(r.b.ctx, r.run.ID)
	r.b.ok("Counts", err)
	return counts
}

func (r *batch) order(index uint64) order.Order {
	r.b.Helper()
	o, err := r.b.s.Order(r.b.ctx, r.key(index))
	r.b.ok("Order", err)
	return o
}

// settlement makes a settlement whose instants are now.
func (b *bed) settlement(c *store.Claim, outcomes ...store.Outcome) store.Settlement {
	started := b.tick()
	return store.Settlement{Claim: c, Started: started, At: b.tick(), Outcomes: outcomes}
}

// reason is why orders of the suite die.
const reason = `charge 17 refused: "no funds"`

// outcomes gives orders of a claim the same outcome, with the digest's right terms. A
// pending outcome is due at once.
func (b *bed) outcomes(c *store.Claim, status order.Status, indexes ...uint64) []store.Outcome {
	at := b.tick()
	outcomes := make([]store.Outcome, 0, len(indexes))
	for _, index := range indexes {
		outcome := store.Outcome{Index: index, Status: status, At: at}
		o := b.accepted[c.Run.Key(index)]
		switch status {
		case order.Processed:
			o.Process(at)
			outcome.Sum = o.Sum()
		case order.Dead:
			o.Kill(at, reason)
			outcome.Reason, outcome.Sum = reason, o.Sum()
		default:
			outcome.Reason, outcome.Due = reason, at
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

// retryAt makes pending outcomes that are due at that instant.
func (b *bed) retryAt(c *store.Claim, due time.Time, indexes ...uint64) []store.Outcome {
	outcomes := b.outcomes(c, order.Pending, indexes...)
	for i := range outcomes {
		outcomes[i].Due = due
	}
	return outcomes
}

// kill makes dead letters of orders of a claim.
func (b *bed) kill(c *store.Claim, indexes ...uint64) {
	b.Helper()
	b.settle(b.settlement(c, b.outcomes(c, order.Dead, indexes...)...))
}

// indexes returns the orders of claims, in the order in which they were claimed.
func indexes(claims ...*store.Claim) []uint64 {
	var all []uint64
	for _, c := range claims {
		all = append(all, c.Indexes...)
	}
	return all
}
