package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
)

// The names of the m rows; each holds a number of 8 bytes.
const (
	metaSchema     = "schema"
	metaPaused     = "paused"
	metaGeneration = "generation"
	metaLastMillis = "last-millis"
)

func putNumber(b *pebble.Batch, name string, n uint64) error {
	return b.Set(metaKey(name), binary.BigEndian.AppendUint64(nil, n), nil)
}

func putMillis(b *pebble.Batch, name string, ms int64) error { return putNumber(b, name, uint64(ms)) }

// number reads an m row, 0 if there is none.
func (db *DB) number(name string) (uint64, error) {
	v, err := db.get(metaKey(name))
	if errors.Is(err, order.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := decodeNumber(v)
	if err != nil {
		return 0, fmt.Errorf("%s row: %w", name, err)
	}
	return n, nil
}

func decodeNumber(v []byte) (uint64, error) {
	if len(v) != 8 {
		return 0, fmt.Errorf("%w: number of %d bytes", order.ErrCorrupt, len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

// recoverMeta reads what stands on its own, and stamps a new store with its schema.
func (db *DB) recoverMeta() error {
	version, err := db.number(metaSchema)
	if err != nil {
		return err
	}
	if version > schema {
		return fmt.Errorf("%w: its layout is version %d, this program knows %d; use a newer filavip", order.ErrSchema, version, schema)
	}
	if version == 0 {
		b := db.eng.NewBatch()
		defer b.Close()
		if err := putNumber(b, metaSchema, schema); err != nil {
			return err
		}
		if err := db.commit(b); err != nil {
			return err
		}
	}
	paused, err1 := db.number(metaPaused)
	generation, err2 := db.number(metaGeneration)
	millis, err3 := db.number(metaLastMillis)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	db.paused.Store(paused != 0)
	db.generation, db.lastMillis = generation, int64(millis)
	return nil
}
