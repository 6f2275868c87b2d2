package mongoredis

import (
	"context"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestCutOff: what a process has claimed by a call that was cut off, or could not give
// back, comes back to its lane although the process lives on.
func TestCutOff(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(*testing.T, *DB, *mongotest.Server){
		"Claim": func(t *testing.T, s *DB, m *mongotest.Server) {
			defer m.Inject(mongotest.Fault{Command: "update", Collection: blocksName, Action: mongotest.CutAfter}).Remove()
			if _, _, err := s.Claim(t.Context(), "worker", time.Now(), 4); err == nil {
				t.Fatal("Claim() = nil, want the connection cut")
			}
		},
		"Epoch": func(t *testing.T, s *DB, m *mongotest.Server) {
			s.gists.Clear()
			defer m.Inject(mongotest.Fault{Command: "find", Collection: runsName, Times: -1, Action: mongotest.CutBefore}).Remove()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // reads are repeated until then
			defer cancel()
			if _, _, err := s.Claim(ctx, "worker", time.Now(), 4); err == nil {
				t.Fatal("Claim() = nil, want the connection cut")
			}
		},
		"Release": func(t *testing.T, s *DB, m *mongotest.Server) {
			all, _, err := s.Claim(t.Context(), "worker", time.Now(), 4)
			if err != nil || len(all) == 0 {
				t.Fatalf("Claim() = %v, %v", all, err)
			}
			defer m.Inject(mongotest.Fault{Command: "update", Collection: blocksName, Action: mongotest.CutBefore}).Remove()
			if err := s.Release(t.Context(), all...); err == nil {
				t.Fatal("Release() = nil, want the connection cut")
			}
			if err := s.MayStart(all[0]); err == nil {
				t.Error("MayStart() = nil after Release")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := mongotest.Start(t, mongotest.Options{}) // which has its clients repeat nothing
			redis := redistest.Start(t, redistest.Options{})
			s := mustOpen(t, Options{Mongo: m.URI("filavip"), Redis: Redis{Addrs: []string{redis.Addr()}}, Lease: 2 * time.Second})
			begun(t, s)
			if _, err := s.derive(t.Context()); err != nil {
				t.Fatalf("derive() = %v", err)
			}
			cut(t, s, m)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for got := 0; got < 4; {
				changed := s.Changed()
				all, _, err := s.Claim(ctx, "worker", time.Now(), 4)
				if err != nil {
					t.Fatalf("Claim() = %v after %d of 4 orders", err, got)
				}
				for _, c := range all {
					got += len(c.Indexes)
				}
				if len(all) == 0 {
					select {
					case <-changed:
					case <-ctx.Done():
						t.Fatalf("%d of 4 orders are handed out again", got)
					}
				}
			}
		})
	}
}

// begun begins a run of four VIP orders in two blocks.
func begun(t *testing.T, s *DB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	led := make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- s.Lead(ctx, func(ctx context.Context) { close(led); <-ctx.Done() }) }()
	<-led
	defer func() { cancel(); <-done }()
	run, err := s.Begin(t.Context(), order.Spec{
		Kind: order.Generated, Seed: 1, Weights: order.Weights{0, 0, 0, 1},
		Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 4, BlockSize: 2,
	}, time.Now(), nil)
	if err != nil {
		t.Fatalf("Begin() = %v", err)
	}
	made := make([]order.Order, 4)
	ordergen.New(1, run.Spec.Weights).Fill(made, run.ID, 0)
	_, err = s.Insert(t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
		Orders: made, Next: order.Cursor{Next: 4}, Ready: []order.Priority{order.VIP},
	})
	if err != nil {
		t.Fatalf("Insert() = %v", err)
	}
}
