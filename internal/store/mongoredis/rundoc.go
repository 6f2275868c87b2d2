package mongoredis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// runDoc is the document of a run. Doc is the run itself as JSON; the other fields are
// what servers look for, and what a person who looks at the collection wants to see.
type runDoc struct {
	ID        bson.Binary `bson:"_id"`
	Version   int64       `bson:"v"`
	Term      int64       `bson:"term"`           // of the last coordinator that wrote or took over
	Live      bool        `bson:"live,omitempty"` // an active batch run, of which there is one at most
	RunID     string      `bson:"runId"`
	Phase     string      `bson:"phase"`
	Void      bool        `bson:"void"`
	Fenced    bool        `bson:"fenced"` // Void: no block of it takes an outcome any more
	Swept     bool        `bson:"swept"`  // Void: no order's document says pending any more that is not
	Hidden    int64       `bson:"hidden"`
	Removed   int64       `bson:"removed"` // Void: how many orders ended Removed by that
	Stirred   int64       `bson:"stirred"` // calls that change its blocks after its end, or did not come to theirs
	CreatedAt time.Time   `bson:"createdAt"`
	Doc       string      `bson:"run"`
}

// run is a run's document together with what the store keeps beside it.
type run struct {
	order.Run
	version int64
	term    int64
	fenced  bool
	swept   bool
	hidden  int64
	removed int64
	stirred int64
}

func (r *run) doc() (runDoc, error) {
	text, err := json.Marshal(r.Run)
	return runDoc{
		ID: uuid(r.ID), Version: r.version, Term: r.term, Live: r.Active() && r.Spec.Kind != order.Standing,
		RunID: r.ID.String(), Phase: r.Phase.String(), Void: r.Void, Fenced: r.fenced, Swept: r.swept,
		Hidden: r.hidden, Removed: r.removed, Stirred: r.stirred, CreatedAt: r.Accepted, Doc: string(text),
	}, err
}

func (d *runDoc) run() (*run, error) {
	r := &run{version: d.Version, term: d.Term, fenced: d.Fenced, swept: d.Swept, hidden: d.Hidden, removed: d.Removed, stirred: d.Stirred}
	if err := json.Unmarshal([]byte(d.Doc), &r.Run); err != nil {
		return nil, fmt.Errorf("%w: run %s: %w", order.ErrCorrupt, d.RunID, err)
	}
	return r, nil
}

// readRun reads one run, or returns [order.ErrNotFound].
func (s *DB) readRun(ctx context.Context, id order.RunID) (*run, error) {
	var d runDoc
	err := s.runs.FindOne(ctx, byID(uuid(id))).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, order.ErrNotFound
	}
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	return d.run()
}

// readRuns reads the runs that match, oldest first.
func (s *DB) readRuns(ctx context.Context, filter bson.D, opts ...*options.FindOptionsBuilder) ([]*run, error) {
	opt := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}})
	if len(opts) > 0 {
		opt = opts[0]
	}
	cursor, err := s.runs.Find(ctx, filter, opt)
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	var docs []runDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, unreachable("MongoDB", err)
	}
	runs := make([]*run, len(docs))
	for i := range docs {
		if runs[i], err = docs[i].run(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// swapRun writes a changed run over the version it was made from. It returns errConflict
// if that is no longer the present one.
func (s *DB) swapRun(ctx context.Context, r *run) error {
	doc, err := r.doc()
	if err != nil {
		return err
	}
	doc.Version++
	result, err := s.runs.ReplaceOne(ctx, append(byID(doc.ID), bson.E{Key: "v", Value: r.version}), doc)
	if err != nil {
		return unreachable("MongoDB", err)
	}
	if result.MatchedCount == 0 {
		return errConflict
	}
	r.version++
	return nil
}

// changeRun changes a run by compare-and-set. change may be called again, on the run as it
// is then; it returns false to leave it. The run is returned as it is afterwards.
func (s *DB) changeRun(ctx context.Context, id order.RunID, change func(*run) (bool, error)) (*run, error) {
	for range maxSwaps {
		r, err := s.readRun(ctx, id)
		if err != nil {
			return nil, err
		}
		changed, err := change(r)
		if err != nil || !changed {
			return r, err
		}
		if err = s.swapRun(ctx, r); !errors.Is(err, errConflict) {
			return r, err
		}
	}
	return nil, fmt.Errorf("%w: run %s changes all the time", order.ErrUnavailable, id)
}

// fenced returns [order.ErrStale] if a fence no longer holds, or if another coordinator
// has taken the run over, or may have. It must be asked after the run was read.
func (s *DB) fenced(ctx context.Context, r *run, fence store.Fence) error {
	if r.Epoch != fence.Epoch {
		return order.ErrStale
	}
	term := s.term.Load()
	leads := r.term <= term && !s.lapsed()
	if leads && r.term < term { // not stamped yet
		var err error
		if leads, err = s.holds(ctx, term); err != nil {
			return err
		}
	}
	if !leads {
		return fmt.Errorf("%w: the run is led by a later coordinator", order.ErrStale)
	}
	return nil
}

// underFence changes a run for whoever works on it under a fence.
func (s *DB) underFence(ctx context.Context, fence store.Fence, change func(*run) (bool, error)) (*run, error) {
	r, err := s.changeRun(ctx, fence.Run, func(r *run) (bool, error) {
		if err := s.fenced(ctx, r, fence); err != nil {
			return false, err
		}
		r.term = s.term.Load()
		return change(r)
	})
	if errors.Is(err, order.ErrNotFound) {
		return nil, order.ErrStale
	}
	return r, err
}

// gist is what a process remembers of a run.
type gist struct {
	epoch   uint64
	foreign bool // its handler is not ours
}

// gist returns what is worth remembering of a run, or [order.ErrNotFound].
func (s *DB) gist(ctx context.Context, id order.RunID) (gist, error) {
	if known, ok := s.gists.Load(id); ok {
		return known.(gist), nil
	}
	r, err := s.readRun(ctx, id)
	if err != nil {
		return gist{}, err
	}
	g := gist{r.Epoch, r.Spec.Work.Foreign}
	s.gists.Store(id, g)
	return g, nil
}

func isNotFound(err error) bool { return errors.Is(err, order.ErrNotFound) }
