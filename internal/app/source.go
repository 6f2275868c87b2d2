package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/orderio"
	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
)

// The kinds of failure that a file's run may end with.
const (
	failureInputLost = "input_lost" // what was not read yet cannot be read any more
	failureRefused   = "refused"    // strict, and a line is not valid
)

// stdinName is the source of a run that reads standard input.
const stdinName = "-"

// openSource returns the orders of a run, from its cursor on.
func (a *App) openSource(ctx context.Context, run order.Run) (pipeline.Source, error) {
	if run.Spec.Kind == order.Generated {
		return ordergen.NewSource(run), nil
	}
	if run.Cursor.End {
		return ended{run.Cursor}, a.rejects.recall(run.Cursor)
	}
	resumed := run.Cursor.Next > 0 || run.Cursor.Offset > 0
	if run.Spec.Source == stdinName && (resumed || a.opts.Stdin == nil) {
		return nil, lost(errors.New("standard input cannot be read again after a restart; send it anew"))
	}
	r, err := orderio.Open(ctx, run.Spec.Source, a.opts.Stdin)
	if err != nil {
		if resumed {
			err = lost(err)
		}
		return nil, err
	}
	if resumed {
		c := run.Cursor
		if err := r.SkipTo(orderio.Position{Offset: c.Offset, Line: c.Line, Hash: c.Hash}); err != nil {
			return nil, errors.Join(lost(err), r.Close())
		}
	}
	if err := a.rejects.open(run.Cursor); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &fileSource{in: r, run: run, rejects: a.rejects, cursor: run.Cursor}, nil
}

func lost(err error) error { return &pipeline.SourceError{Kind: failureInputLost, Err: err} }

// ended is a source whose orders have all been stored.
type ended struct{ cursor order.Cursor }

// Next implements [pipeline.Source].
func (e ended) Next(context.Context, []order.Order) (int, order.Cursor, error) {
	return 0, e.cursor, io.EOF
}

// Close implements [pipeline.Source].
func (e ended) Close() error { return nil }

// fileSource reads a run's orders from a file or pipe. Lines that hold no valid order
// are rejected and passed over.
type fileSource struct {
	in      *orderio.Reader
	run     order.Run
	rejects *rejectLog
	cursor  order.Cursor // behind what was read

	mu    sync.Mutex // guards lines
	lines []linesOf  // of the latest chunks, oldest first
}

// linesOf remembers which line each order of a chunk came from.
type linesOf struct {
	first uint64
	at    []int64
}

// keptChunks is how many chunks may be on their way to the store at once, and one.
const keptChunks = 4

// Next implements [pipeline.Source].
func (s *fileSource) Next(ctx context.Context, dst []order.Order) (int, order.Cursor, error) {
	at := make([]int64, 0, len(dst))
	first := s.cursor.Next
	var err error
	for n := 0; n < len(dst); {
		if n%1000 == 0 && ctx.Err() != nil {
			return 0, s.cursor, ctx.Err()
		}
		if err = s.in.Next(&dst[n]); err == nil {
			s.adopt(&dst[n], first+uint64(n))
			at = append(at, s.in.Line())
			n++
			continue
		}
		if err = s.reject(err); err != nil {
			break
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, s.cursor, err
	}
	s.remember(linesOf{first, at})
	p := s.in.Position()
	s.cursor.Next, s.cursor.Offset, s.cursor.Line, s.cursor.Hash = first+uint64(len(at)), p.Offset, p.Line, p.Hash
	s.cursor.End = err != nil
	// The rejects up to here are durable before the store moves the run's cursor behind
	// them: after a crash nobody reads these lines again.
	if flushed := s.rejects.flush(); flushed != nil {
		return 0, s.cursor, flushed
	}
	return len(at), s.cursor, err
}

// adopt makes an order one of the run.
func (s *fileSource) adopt(o *order.Order, index uint64) {
	o.Key = s.run.ID.Key(index)
	if o.CreatedAt.IsZero() {
		o.CreatedAt = s.run.ID.Started()
	}
}

// reject notes a refused line; any other error it returns.
func (s *fileSource) reject(err error) error {
	var bad *orderio.RejectError
	if !errors.As(err, &bad) {
		return err
	}
	if s.run.Spec.Strict {
		return &pipeline.SourceError{Kind: failureRefused, Err: fmt.Errorf("%s: %w", s.run.Spec.Source, bad)}
	}
	s.cursor.Reject++
	return s.rejects.write(bad.Reject)
}

func (s *fileSource) remember(l linesOf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	if len(s.lines) > keptChunks {
		s.lines = s.lines[1:]
	}
}

// Refuse implements [pipeline.Refuser]: an id that another order has is a rejected line;
// the very same order again is none.
func (s *fileSource) Refuse(orders []order.Order, refused []store.Refusal) error {
	for _, r := range refused {
		if err := s.refuse(&orders[r.At], r.Err); err != nil {
			return err
		}
	}
	return s.rejects.flush()
}

func (s *fileSource) refuse(o *order.Order, err error) error {
	if err == nil {
		s.rejects.skip()
		return nil
	}
	r := orderio.Reject{Line: s.lineOf(o.Key.Index()), Field: "id", Value: o.Ref, Reason: "another order has this id", Allowed: "an id of its own, or the same order again"}
	if s.run.Spec.Strict {
		return &pipeline.SourceError{Kind: failureRefused, Err: fmt.Errorf("%s: %s", s.run.Spec.Source, r.String())}
	}
	return s.rejects.write(r)
}

func (s *fileSource) lineOf(index uint64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if index >= l.first && index-l.first < uint64(len(l.at)) {
			return l.at[index-l.first]
		}
	}
	return 0
}

// Close implements [pipeline.Source].
func (s *fileSource) Close() error { return errors.Join(s.in.Close(), s.rejects.close()) }
