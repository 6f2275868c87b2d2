package mongoredis

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// A handler that is not ours can take its process down; see [order.FateOf]. Whoever takes
// a part over from a process that has died gives it the strike, in the write with which it
// takes it. That the lease has ended does not say so: those of all processes end while
// Redis is away for long. Who closes the store gives back what it holds, and leaves.

// deadNodes returns the processes that have died, as far as one can tell: their entries are
// there, and they gave no sign of life for half their lease. Who lives gives one each third.
func (s *DB) deadNodes(ctx context.Context) (map[string]bool, error) {
	twice := bson.D{{Key: "$multiply", Value: bson.A{silence(), int64(2)}}}
	docs, err := s.readNodes(ctx, bson.D{{Key: "$expr", Value: bson.D{{Key: "$gt", Value: bson.A{twice, "$lease"}}}}})
	if err != nil {
		return nil, err
	}
	dead := make(map[string]bool, len(docs))
	for i := range docs {
		dead[docs[i].ID] = docs[i].ID != s.node
	}
	return dead, nil
}

// deadHolders returns the processes whose deaths count for the parts of a block: none for
// a handler of ours, or where nothing is taken over from anybody.
func (s *DB) deadHolders(ctx context.Context, b *block, parts []handed) (map[string]bool, error) {
	if !slices.ContainsFunc(parts, func(h handed) bool { return h.taken }) {
		return nil, nil
	}
	g, err := s.gist(ctx, b.run)
	if isNotFound(err) {
		return nil, nil // reset meanwhile
	}
	if err != nil || !g.foreign {
		return nil, err
	}
	return s.deadNodes(ctx)
}

// strike punishes a part whose holder has died. The part may be empty afterwards, for the
// caller to sweep, and the block may have another one; where its parts are may change.
func (s *DB) strike(ctx context.Context, b *block, p *part, now time.Time) error {
	p.strikes++
	switch order.FateOf(len(p.indexes), p.strikes) {
	case order.Buried:
		return s.bury(ctx, b, p, now)
	case order.Halved:
		b.halve(p)
	}
	return nil
}

// halve makes the second half of a part one of its own, which nobody holds.
func (b *block) halve(p *part) {
	half := len(p.indexes) / 2
	second := *p
	second.number, second.holder, second.indexes = b.next, nil, slices.Clone(p.indexes[half:])
	p.indexes = p.indexes[:half:half]
	b.next++
	b.parts = append(b.parts, second)
}

// bury makes a dead letter of the one order of a part, which is empty then; it leaves one
// whose document is not there. The note bears no token: the holder, should it live, has not
// settled it.
func (s *DB) bury(ctx context.Context, b *block, p *part, now time.Time) error {
	var found []order.Order
	err := s.eachOrder(ctx, b.run, p.indexes, func(d *orderDoc) { found = append(found, d.accepted()) })
	if err != nil || len(found) == 0 {
		return err // one that is lost is for Load to tell, and must not keep others from being taken over
	}
	began := p.holder.at.UTC()
	at := now.UTC()
	if at.Before(began) { // by another machine's clock
		at = began
	}
	o := &found[0]
	o.Kill(at, order.PoisonReason)
	if !p.after {
		widen(&b.counts, began, at)
	}
	b.settle(&store.Outcome{Index: p.indexes[0], Status: order.Dead, Sum: o.Sum()})
	slices.Sort(b.buried)
	b.note(change{kind: kill, nonce: newNonce(), attempts: p.attempts, at: at, reason: order.PoisonReason, indexes: p.indexes})
	p.indexes = nil
	return nil
}
