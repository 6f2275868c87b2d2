package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// lookahead is how many chunks may be on their way: one being read, one that was, one
// being encoded, and one being stored.
const lookahead = 4

// generate feeds the source into the store. Reading, encoding and storing are stages
// that work on successive chunks at the same time; storing keeps the order. It returns
// the time spent that no chunk carried.
func (p *Pipeline) generate(ctx context.Context, run order.Run) (time.Duration, error) {
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		return 0, &ending{"source", err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	src, err := p.opts.Open(ctx, run)
	if err != nil {
		return 0, asEnding(err)
	}
	f := feeding{
		p: p, run: run, src: src, handler: h, mark: p.opts.Clock(),
		free: make(chan []order.Order, lookahead), read: make(chan batch, 1), encoded: make(chan batch, 1),
	}
	for range lookahead {
		f.free <- make([]order.Order, run.Spec.ChunkSize)
	}
	var stages sync.WaitGroup
	stages.Go(func() { f.reads(ctx) })
	stages.Go(func() { f.encodes(ctx) })
	defer func() {
		cancel()
		stages.Wait()
		f.giveUp(ctx)
		if err := src.Close(); err != nil {
			p.opts.Logger.Warn("source not closed", "run", run.ID, "error", err)
		}
	}()
	return f.stores(ctx)
}

// feeding is the work of taking a source's orders into the store.
type feeding struct {
	p       *Pipeline
	run     order.Run
	src     Source
	handler handler.Handler

	free    chan []order.Order // memory for chunks
	read    chan batch
	encoded chan batch
	mark    time.Time // up to which chunks carry the time spent; of the encoding stage until it has ended
}

// batch is a chunk on its way from the source to the store.
type batch struct {
	orders []order.Order
	chunk  store.Chunk
	insert func(context.Context) (store.Inserted, error) // nil: by Insert
	err    error                                         // [io.EOF] after the last order
}

// last says whether nothing comes behind the batch.
func (b *batch) last() bool { return b.err != nil || b.chunk.Next.End }

// send passes a batch on; false says that ctx ended first.
func send(ctx context.Context, to chan<- batch, b batch) bool {
	select {
	case to <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// reads is the first stage: chunks from the source.
func (f *feeding) reads(ctx context.Context) {
	at := f.run.Cursor.Next
	_, refuser := f.src.(Refuser)
	whole := refuser || f.run.Spec.Strict
	for {
		var orders []order.Order
		select {
		case orders = <-f.free:
		case <-ctx.Done():
			return
		}
		n, next, err := f.src.Next(ctx, orders)
		b := batch{orders: orders, err: err, chunk: store.Chunk{
			First: at, Orders: orders[:n], Next: next, Ready: ready(f.run), Foretell: foretell(f.handler), AllOrNothing: whole,
		}}
		if !send(ctx, f.read, b) || b.last() {
			return
		}
		at += uint64(n)
	}
}

// encodes is the second stage: what the store can do without waiting for its turn.
func (f *feeding) encodes(ctx context.Context) {
	defer close(f.encoded)
	preparer, _ := f.p.store.(store.Preparer)
	for {
		var b batch
		select {
		case b = <-f.read:
		case <-ctx.Done():
			return
		}
		now := f.p.opts.Clock()
		b.chunk.Spent, f.mark = now.Sub(f.mark), now
		if preparer != nil && (b.err == nil || errors.Is(b.err, io.EOF)) {
			var err error
			if b.insert, err = preparer.Prepare(ctx, fenceOf(&f.run), b.chunk); err != nil {
				b.err = errors.Join(err, errStore)
			}
		}
		sent := send(ctx, f.encoded, b)
		if !sent && b.insert != nil {
			_, _ = b.insert(ctx) // give it up
		}
		if !sent || b.last() {
			return
		}
	}
}

// errStore marks an error of the store among those of a source.
var errStore = errors.New("store")

// stores is the last stage. The time since the last chunk is returned.
func (f *feeding) stores(ctx context.Context) (time.Duration, error) {
	for {
		b, ok := <-f.encoded
		switch {
		case !ok:
			return 0, ctx.Err()
		case errors.Is(b.err, errStore):
			return 0, b.err
		case b.err != nil && !errors.Is(b.err, io.EOF):
			return 0, asEnding(b.err)
		}
		if err := f.insert(ctx, &b); err != nil {
			return 0, err
		}
		if b.last() {
			return f.p.opts.Clock().Sub(f.mark), nil
		}
		f.free <- b.orders
	}
}

// insert stores one chunk. The source hears of orders that are left out before they are:
// once the cursor is behind them nobody would come back to tell.
func (f *feeding) insert(ctx context.Context, b *batch) error {
	done, err := f.attempt(ctx, b)
	if conflict, ok := errors.AsType[*store.ConflictError](err); ok {
		if err := f.refuse(b, conflict.Refused); err != nil {
			return err
		}
		if f.run.Spec.Strict {
			return asEnding(err)
		}
		b.chunk.AllOrNothing, b.insert = false, nil
		if done, err = f.attempt(ctx, b); err == nil {
			done.Refused = without(done.Refused, conflict.Refused)
		}
	}
	if err != nil {
		return err
	}
	return f.refuse(b, done.Refused)
}

// attempt inserts one chunk, waiting while the disk is full.
func (f *feeding) attempt(ctx context.Context, b *batch) (store.Inserted, error) {
	insert := b.insert
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if insert == nil {
			insert = func(ctx context.Context) (store.Inserted, error) {
				return f.p.store.Insert(ctx, fenceOf(&f.run), b.chunk)
			}
		}
		done, err := insert(ctx)
		if !errors.Is(err, order.ErrDiskFull) {
			return done, err
		}
		f.p.opts.Logger.Warn("run waits for disk space", "run", f.run.ID, "error", err)
		if !sleep(ctx, wait) {
			return done, ctx.Err()
		}
		insert = nil
	}
}

// without returns the refusals that were not told before.
func without(refused, told []store.Refusal) []store.Refusal {
	known := make(map[int]bool, len(told))
	for _, r := range told {
		known[r.At] = true
	}
	return slices.DeleteFunc(refused, func(r store.Refusal) bool { return known[r.At] })
}

// giveUp lets go of chunks that were encoded and not stored. ctx is done.
func (f *feeding) giveUp(ctx context.Context) {
	for b := range f.encoded {
		if b.insert != nil {
			_, _ = b.insert(ctx)
		}
	}
}

// refuse tells the source which orders are not taken.
func (f *feeding) refuse(b *batch, refused []store.Refusal) error {
	r, ok := f.src.(Refuser)
	if !ok || len(refused) == 0 {
		return nil
	}
	if err := r.Refuse(b.chunk.Orders, refused); err != nil {
		return asEnding(fmt.Errorf("report refused order: %w", err))
	}
	return nil
}

// ready names the lanes whose blocks may be claimed with their chunk. A strict import
// holds all back until the whole input has been read.
func ready(run order.Run) []order.Priority {
	if run.Spec.Strict {
		return nil
	}
	return []order.Priority{order.VIP}
}

// foretell returns what the handler will make of an order, as its term of the digest,
// for the orders of one chunk: calls share their memory.
func foretell(h handler.Handler) func(*order.Order) order.Digest {
	var final order.Order
	return func(o *order.Order) order.Digest {
		final = *o
		h.Foretell(&final)
		return final.Sum()
	}
}

// SourceError is how a source says what kind of failure ends the run; without it the
// kind is "source".
type SourceError struct {
	Kind string
	Err  error
}

// Error returns the text of Err.
func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *SourceError) Unwrap() error { return e.Err }

// asEnding makes a source's error one that ends the run; the end of ctx is not one.
func asEnding(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if s, ok := errors.AsType[*SourceError](err); ok {
		return &ending{s.Kind, err}
	}
	return &ending{"source", err}
}
