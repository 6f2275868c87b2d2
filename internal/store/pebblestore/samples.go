package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func samplesKey(id order.RunID, seq uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{rowSamples}, id[:]...), seq)
}

// samplesKeyLen is the length of a t key.
const samplesKeyLen = 1 + 16 + 4

// SaveSamples implements [store.Samples]. It announces nothing: no count has changed.
func (db *DB) SaveSamples(ctx context.Context, id order.RunID, seq uint32, block []byte) error {
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer db.leave()
	if _, err := db.findRun(id); err != nil {
		return fmt.Errorf("save samples: %w", err)
	}
	if err := store.CheckSamples(block); err != nil {
		return fmt.Errorf("save samples of run %s: %w", id, err)
	}
	b := db.eng.NewBatch()
	defer b.Close()
	if err := b.Set(samplesKey(id, seq), block, nil); err != nil {
		return err
	}
	if err := db.commit(b); err != nil {
		return fmt.Errorf("save samples of run %s: %w", id, err)
	}
	return nil
}

// Samples implements [store.Samples].
func (db *DB) Samples(ctx context.Context, id order.RunID) ([][]byte, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	var blocks [][]byte
	err := each(db.eng, append([]byte{rowSamples}, id[:]...), func(_, block []byte) error {
		blocks = append(blocks, bytes.Clone(block))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read samples of run %s: %w", id, err)
	}
	return blocks, nil
}

// samples reads every sample row, so that damage shows, and finds those of no run.
func (v *verifier) samples() error {
	return each(v.snap, []byte{rowSamples}, func(k, _ []byte) error {
		if len(k) != samplesKeyLen || v.runs[order.RunID(k[1:17])] == nil {
			v.problem("samples of an unknown run: %x", k)
		}
		return nil
	})
}
