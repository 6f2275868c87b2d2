package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// batch is a chunk on its way from the source to the store.
type batch struct {
	orders []order.Order
	first  uint64
	next   order.Cursor
	err    error // of the source; io.EOF after the last order
}

// last says whether nothing comes behind the batch.
func (b *batch) last() bool { return b.err != nil || b.next.End }

// generate feeds the source into the store. One goroutine reads ahead by a chunk, so
// that reading and storing overlap.
// It returns the time spent that no chunk carried.
func (p *Pipeline) generate(ctx context.Context, run order.Run) (time.Duration, error) {
	h, err := handler.New(run.Spec.Work, run.Spec.Seed)
	if err != nil {
		return 0, &ending{"source", err}
	}
	src, err := p.opts.Open(ctx, run)
	if err != nil {
		return 0, asEnding(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	ahead, free := make(chan batch, 1), make(chan []order.Order, 2)
	for range cap(free) {
		free <- make([]order.Order, run.Spec.ChunkSize)
	}
	var reader sync.WaitGroup
	reader.Go(func() { read(ctx, src, run.Cursor.Next, ahead, free) })
	defer func() {
		cancel()
		reader.Wait()
		if err := src.Close(); err != nil {
			p.opts.Logger.Warn("source not closed", "run", run.ID, "error", err)
		}
	}()
	return p.feed(ctx, run, src, foretell(h), ahead, free)
}

// read fills chunks from the source until it ends or ctx is done.
func read(ctx context.Context, src Source, at uint64, ahead chan<- batch, free <-chan []order.Order) {
	for {
		var orders []order.Order
		select {
		case orders = <-free:
		case <-ctx.Done():
			return
		}
		n, next, err := src.Next(ctx, orders[:cap(orders)])
		b := batch{orders: orders[:n], first: at, next: next, err: err}
		at += uint64(n)
		select {
		case ahead <- b:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// feed inserts what comes until the source has ended. Each chunk carries the time since
// the one before; the last one's is returned.
func (p *Pipeline) feed(ctx context.Context, run order.Run, src Source, foretell func(*order.Order) order.Digest, ahead <-chan batch, free chan<- []order.Order) (time.Duration, error) {
	mark := p.opts.Clock()
	for {
		var b batch
		select {
		case b = <-ahead:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if b.err != nil && !errors.Is(b.err, io.EOF) {
			return 0, asEnding(b.err)
		}
		now := p.opts.Clock()
		chunk := store.Chunk{
			First: b.first, Orders: b.orders, Next: b.next,
			Ready: ready(run), Spent: now.Sub(mark), Foretell: foretell,
		}
		mark = now
		if err := p.insert(ctx, run, src, chunk); err != nil {
			return 0, err
		}
		if b.last() {
			return p.opts.Clock().Sub(mark), nil
		}
		free <- b.orders[:cap(b.orders)]
	}
}

// insert stores one chunk, waiting while the disk is full.
func (p *Pipeline) insert(ctx context.Context, run order.Run, src Source, chunk store.Chunk) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		done, err := p.store.Insert(ctx, fenceOf(&run), chunk)
		if err == nil {
			return refuse(src, chunk, done.Refused)
		}
		if !errors.Is(err, order.ErrDiskFull) {
			return err
		}
		p.opts.Logger.Warn("run waits for disk space", "run", run.ID, "error", err)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// refuse tells the source which orders were not taken.
func refuse(src Source, chunk store.Chunk, refused []store.Refusal) error {
	r, ok := src.(Refuser)
	if !ok {
		return nil
	}
	for _, no := range refused {
		if err := r.Refuse(&chunk.Orders[no.At], no.Err); err != nil {
			return asEnding(fmt.Errorf("report refused order: %w", err))
		}
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

// foretell returns what the handler will make of an order, as its term of the digest.
func foretell(h handler.Handler) func(*order.Order) order.Digest {
	return func(o *order.Order) order.Digest {
		final := *o
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
