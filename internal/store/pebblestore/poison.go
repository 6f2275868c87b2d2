package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
)

// Blocks in the hands of a handler that is not ours are marked on disk. What is marked
// when the store is opened was in hand when the process died, and gets a strike; see
// [order.FateOf].

func inHandKey(block []byte) []byte { return append([]byte{rowInHand}, block...) }

// markInHand notes on disk that foreign handlers get these blocks.
func (db *DB) markInHand(claims []*claimState) error {
	b := db.eng.NewBatch()
	defer b.Close()
	for _, st := range claims {
		if !st.block.run.foreign {
			continue
		}
		if err := b.Set(inHandKey(st.block.rowKey()), nil, nil); err != nil {
			return err
		}
	}
	return db.commit(b)
}

// unmarkInHand notes that blocks are out of foreign handlers' hands.
func (db *DB) unmarkInHand(claims ...*claimState) error {
	b := db.eng.NewBatch()
	defer b.Close()
	for _, st := range claims {
		if err := unmark(b, st); err != nil {
			return err
		}
	}
	return db.commit(b)
}

func unmark(b *pebble.Batch, st *claimState) error {
	if !st.block.run.foreign {
		return nil
	}
	return b.Delete(inHandKey(st.block.rowKey()), nil)
}

// strike punishes the blocks that were in hand when the process before this one died.
// It comes before counters and blocks are read.
func (db *DB) strike() error {
	b := db.eng.NewBatch()
	defer b.Close()
	err := each(db.eng, []byte{rowDelayed}, func(key, _ []byte) error {
		_, _, seq, _ := parseDelayedKey(key)
		db.nextSeq = max(db.nextSeq, seq)
		return nil
	})
	if err != nil {
		return fmt.Errorf("strike blocks in hand: %w", err)
	}
	err = each(db.eng, []byte{rowInHand}, func(key, _ []byte) error {
		block := bytes.Clone(key[1:])
		return errors.Join(db.strikeBlock(b, block), b.Delete(bytes.Clone(key), nil))
	})
	if err != nil {
		return fmt.Errorf("strike blocks in hand: %w", err)
	}
	return db.commit(b)
}

func (db *DB) strikeBlock(b *pebble.Batch, key []byte) error {
	v, err := db.get(key)
	if errors.Is(err, order.ErrNotFound) {
		return nil // a cancel or a removal took it
	}
	if err != nil {
		return err
	}
	row, n, err := decodeBlock(v, true)
	if err != nil {
		return err
	}
	if rs := db.runs[row.run]; rs == nil || rs.run.Void {
		return nil // no order of a cancelled run changes; an unknown one is found out later
	}
	row.strikes++
	switch order.FateOf(n, row.strikes) {
	case order.Buried:
		return db.poison(b, key, &row)
	case order.Halved:
		return db.halve(b, key, &row)
	}
	return b.Set(key, row.append(nil), nil)
}

// halve cuts a block in two. The first half keeps its name.
func (db *DB) halve(b *pebble.Batch, key []byte, row *blockRow) error {
	first, second := *row, *row
	half := len(row.indexes) / 2
	first.indexes, second.indexes = row.indexes[:half], row.indexes[half:]
	return errors.Join(
		b.Set(key, first.append(nil), nil),
		b.Set(db.beside(key, row.run.Key(second.indexes[0])), second.append(nil), nil),
	)
}

// beside returns the key of a new block of the same lane and kind as the one at key. No
// other block bears the name of its first order, which was first of none before.
func (db *DB) beside(key []byte, first order.Key) []byte {
	if key[0] != rowDelayed {
		return orderKey(rowBlock, order.Priority(key[1]), first)
	}
	lane, due, _, _ := parseDelayedKey(key)
	return delayedKey(lane, due, db.takeSeq())
}

// poison makes a dead letter of the one order of a block.
func (db *DB) poison(b *pebble.Batch, key []byte, row *blockRow) error {
	lane, k := order.Priority(key[1]), row.run.Key(row.indexes[0])
	o, err := db.accepted(db.eng, lane, k)
	if err != nil {
		return err
	}
	now := db.opts.Clock()
	o.Kill(now, order.PoisonReason)
	first := row.failed
	if first.IsZero() {
		first = now
	}
	t := tally{dead: 1, settled: o.Sum(), last: now.UnixMilli()}
	outcome := appendOutcome(nil, order.Dead, row.attempts+1, now, k.Run().Started(), order.PoisonReason)
	return errors.Join(
		b.Delete(key, nil),
		b.Set(orderKey(rowOutcome, lane, k), outcome, nil),
		mergeTally(b, row.run, lane, &t),
		db.bury(b, lane, k, letter{
			Open: true, Group: order.ErrorGroup(order.PoisonReason), Attempts: row.attempts + 1,
			First: first, Last: now.Truncate(time.Millisecond),
		}),
	)
}
