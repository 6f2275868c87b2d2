package memstore

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// SaveSamples implements [store.Samples].
func (s *Store) SaveSamples(ctx context.Context, id order.RunID, seq uint32, block []byte) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("save samples of run %v: %w", id, err)
	}
	defer s.mu.Unlock()
	r := s.durable.find(id)
	if r == nil {
		return fmt.Errorf("save samples of run %v: %w", id, order.ErrNotFound)
	}
	if err := store.CheckSamples(block); err != nil {
		return fmt.Errorf("save samples of run %v: %w", id, err)
	}
	if r.samples == nil {
		r.samples = map[uint32][]byte{}
	}
	r.samples[seq] = bytes.Clone(block)
	return nil
}

// Samples implements [store.Samples].
func (s *Store) Samples(ctx context.Context, id order.RunID) ([][]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("read samples of run %v: %w", id, err)
	}
	defer s.mu.Unlock()
	r := s.durable.find(id)
	if r == nil {
		return nil, nil
	}
	var blocks [][]byte
	for _, seq := range slices.Sorted(maps.Keys(r.samples)) {
		blocks = append(blocks, bytes.Clone(r.samples[seq]))
	}
	return blocks, nil
}
