package pipeline_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/filavip/filavip/internal/pipeline"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

// preparing is a store that prepares chunks and counts how often each is inserted.
type preparing struct {
	*memstore.Store
	calls    []*atomic.Int32 // by chunk
	inserted chan struct{}   // a value for each call
	last     chan struct{}   // closed while the source's last chunk is prepared
}

// Prepare implements [store.Preparer].
func (p *preparing) Prepare(ctx context.Context, fence store.Fence, chunk store.Chunk) (func(context.Context) (store.Inserted, error), error) {
	calls := new(atomic.Int32)
	p.calls = append(p.calls, calls)
	if chunk.Next.End {
		close(p.last)
		<-ctx.Done()
	}
	return func(ctx context.Context) (store.Inserted, error) {
		calls.Add(1)
		p.inserted <- struct{}{}
		return p.Insert(ctx, fence, chunk)
	}, nil
}

// TestPreparedOnce stops the pipeline while the last chunk is on its way: each chunk
// that was prepared is inserted or given up, and never both.
func TestPreparedOnce(t *testing.T) {
	t.Parallel()
	for range 30 { // which of two ready channels is taken is decided by chance
		s := &preparing{Store: memstore.New(), inserted: make(chan struct{}, 10), last: make(chan struct{})}
		p := pipeline.New(s, pipeline.Options{Open: generated})
		if _, err := p.Start(t.Context(), spec(300, mark()), nil); err != nil {
			t.Fatalf("Start = %v, want no error", err)
		}
		<-s.inserted
		<-s.inserted
		<-s.last
		p.Stop()
		for i, calls := range s.calls {
			if n := calls.Load(); n != 1 {
				t.Fatalf("chunk %d of %d was inserted or given up %d times, want 1", i, len(s.calls), n)
			}
		}
	}
}
