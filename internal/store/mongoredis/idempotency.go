package mongoredis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// record is the document of an idempotency key. It is written before the call has any
// effect, with what makes the effect repeatable, and completed with the call's result. A
// record that is not complete belongs to a call that is under way, or that its process
// did not survive: whoever repeats it does the rest.
type record struct {
	ID          string    `bson:"_id"`
	Fingerprint string    `bson:"fingerprint"`
	At          time.Time `bson:"at"`
	Type        string    `bson:"type"`
	Node        string    `bson:"node"` // that works on it
	Done        bool      `bson:"done"`
	Intent      string    `bson:"intent"` // JSON
	Result      string    `bson:"result"` // JSON
}

// once acts, unless a record says that this very call was made before: then it returns
// what that call returned. act may put into the intent what a repetition must know, before
// it has an effect; it is kept when act returns.
func once[T, I any](ctx context.Context, s *DB, idem *store.Idempotency, act func(ctx context.Context, intent *I) (T, error)) (T, error) {
	var none T
	intent := new(I)
	if idem == nil {
		return act(ctx, intent)
	}
	if len(idem.Key) == 0 || len(idem.Key) > 255 {
		return none, fmt.Errorf("%w: idempotency key of %d bytes; allowed: 1 to 255", order.ErrInvalid, len(idem.Key))
	}
	defer s.verbs.lock(idem.Key)()
	rec, err := s.claimRecord(ctx, idem, fmt.Sprintf("%T", none))
	if err != nil {
		return none, err
	}
	if rec.Done {
		err := json.Unmarshal([]byte(rec.Result), &none)
		return none, err
	}
	if rec.Intent != "" {
		if err := json.Unmarshal([]byte(rec.Intent), intent); err != nil {
			return none, fmt.Errorf("%w: idempotency record: %w", order.ErrCorrupt, err)
		}
	}
	result, err := act(ctx, intent)
	if err != nil {
		return none, s.leaveRecord(rec, intent, err)
	}
	return result, s.complete(ctx, rec, result)
}

// keyLocks let one call at a time of this process work under an idempotency key.
type keyLocks struct {
	seed  maphash.Seed
	locks [64]sync.Mutex // keys share them
}

func (k *keyLocks) lock(key string) (unlock func()) {
	l := &k.locks[maphash.String(k.seed, key)%uint64(len(k.locks))]
	l.Lock()
	return l.Unlock
}

// claimRecord returns the record of a key: a new one, or one that is there already and
// is either complete or was left by a process that is no more.
func (s *DB) claimRecord(ctx context.Context, idem *store.Idempotency, kind string) (*record, error) {
	rec := &record{ID: idem.Key, Fingerprint: idem.Fingerprint, At: idem.Now, Type: kind, Node: s.node}
	for {
		_, err := s.records.InsertOne(ctx, rec)
		if err == nil {
			return rec, s.trimRecords(ctx, idem.Now)
		}
		if !mongo.IsDuplicateKeyError(err) {
			return nil, unreachable("MongoDB", err)
		}
		var known record
		err = s.records.FindOne(ctx, byID(idem.Key)).Decode(&known)
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue // given up meanwhile
		}
		if err != nil {
			return nil, unreachable("MongoDB", err)
		}
		if known.Fingerprint != idem.Fingerprint || known.Type != kind {
			return nil, fmt.Errorf("%w: %q", order.ErrKeyReused, idem.Key)
		}
		if known.Done {
			return &known, nil
		}
		if known.Node == s.node || !s.nodeAlive(ctx, known.Node) {
			mine, err := s.takeRecord(ctx, &known)
			if err != nil || mine {
				return &known, err
			}
			continue // another process was faster
		}
		if !pause(ctx, 50*time.Millisecond) { // another process works on it
			return nil, ctx.Err()
		}
	}
}

// takeRecord makes a record this process's that another one, or a call before, has left.
func (s *DB) takeRecord(ctx context.Context, rec *record) (mine bool, err error) {
	result, err := s.records.UpdateOne(ctx, rec.mine(), bson.D{{Key: "$set", Value: bson.D{{Key: "node", Value: s.node}}}})
	if err != nil {
		return false, unreachable("MongoDB", err)
	}
	rec.Node = s.node
	return result.MatchedCount == 1, nil
}

// mine is the filter of a record that is not complete, while the process works on it that
// it names: what that process does later is not for the record.
func (r *record) mine() bson.D {
	return append(byID(r.ID), bson.E{Key: "node", Value: r.Node}, bson.E{Key: "done", Value: false})
}

// leaveRecord keeps the record of a call that may have had an effect, so that it can be
// repeated, and removes that of one that was refused.
func (s *DB) leaveRecord(rec *record, intent any, err error) error {
	ctx, cancel := context.WithTimeout(s.lost, callTimeout) // the caller's may have ended
	defer cancel()
	if errors.Is(err, order.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		left := bson.D{{Key: "node", Value: ""}} // whoever repeats the call need not wait for this process
		if text, bad := json.Marshal(intent); bad == nil {
			left = append(left, bson.E{Key: "intent", Value: string(text)})
		}
		_, _ = s.records.UpdateOne(ctx, rec.mine(), bson.D{{Key: "$set", Value: left}})
		return err
	}
	_, _ = s.records.DeleteOne(ctx, rec.mine()) // else the next call does the rest: nothing
	return err
}

// intend keeps what a repetition of the call under way must know, before it has an effect.
func (s *DB) intend(ctx context.Context, idem *store.Idempotency, intent any) error {
	if idem == nil {
		return nil
	}
	text, err := json.Marshal(intent)
	if err != nil {
		return err
	}
	rec := record{ID: idem.Key, Node: s.node}
	result, err := s.records.UpdateOne(ctx, rec.mine(), bson.D{{Key: "$set", Value: bson.D{{Key: "intent", Value: string(text)}}}})
	if err == nil && result.MatchedCount == 0 {
		return fmt.Errorf("%w: another process has taken over the call with the key %q; try again", order.ErrUnavailable, idem.Key)
	}
	return unreachable("MongoDB", err)
}

func (s *DB) complete(ctx context.Context, rec *record, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	_, err = s.records.UpdateOne(ctx, rec.mine(), bson.D{{Key: "$set", Value: bson.D{
		{Key: "done", Value: true}, {Key: "result", Value: string(text)},
	}}})
	return unreachable("MongoDB", err)
}

// trimRecords forgets the oldest records that are old enough, if there are too many.
func (s *DB) trimRecords(ctx context.Context, now time.Time) error {
	n, err := s.records.EstimatedDocumentCount(ctx)
	if err != nil || n <= store.MaxRecords {
		return unreachable("MongoDB", err)
	}
	old := bson.D{{Key: "at", Value: bson.D{{Key: "$lt", Value: now.Add(-store.KeepRecords)}}}}
	cursor, err := s.records.Find(ctx, old, options.Find().
		SetSort(bson.D{{Key: "at", Value: 1}}).SetLimit(n-store.MaxRecords).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return unreachable("MongoDB", err)
	}
	var gone []record
	if err := cursor.All(ctx, &gone); err != nil || len(gone) == 0 {
		return unreachable("MongoDB", err)
	}
	ids := make(bson.A, len(gone))
	for i := range gone {
		ids[i] = gone[i].ID
	}
	_, err = s.records.DeleteMany(ctx, byID(bson.D{{Key: "$in", Value: ids}}))
	return unreachable("MongoDB", err)
}

// pause waits; false says that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
