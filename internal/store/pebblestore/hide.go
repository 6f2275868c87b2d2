package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// hide marks the oldest processed orders as no longer to be listed as jobs.
func (db *DB) hide(opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	h := hiding{
		db: db, batch: db.eng.NewBatch(), limit: saturate(opts.Limit), since: opts.At.Add(-opts.Grace),
		byRun: make(map[*runState]int64),
	}
	defer h.batch.Close()
	err := byKey(db.eng, rowOutcome, order.Key{}, h.row)
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil {
		err = errors.Join(h.counts(), db.record(h.batch, idem, verbClean, h.n))
	}
	if err == nil {
		err = db.commit(h.batch)
	}
	if err != nil {
		return 0, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for rs, n := range h.byRun {
		db.hid(rs, n)
	}
	db.announce()
	return h.n, nil
}

// hid counts a run's orders as hidden; the totals leave out those of inert runs, as they
// leave out that they were processed. mu held.
func (db *DB) hid(rs *runState, n int64) {
	rs.hidden += n
	if !rs.run.Inert {
		db.hidden += n
	}
}

// hiding goes over the outcomes.
type hiding struct {
	db    *DB
	batch *pebble.Batch
	limit int64
	since time.Time
	n     int64
	byRun map[*runState]int64
}

func (h *hiding) row(lane order.Priority, k order.Key, v []byte) error {
	if h.n == h.limit {
		return errEnough
	}
	if hides, err := mayHide(k, v, h.since); err != nil || !hides {
		return err
	}
	rs := h.db.runs[k.Run()]
	if rs == nil {
		return fmt.Errorf("%w: outcome of the unknown run %s", order.ErrCorrupt, k.Run())
	}
	h.byRun[rs]++
	h.n++
	hidden := bytes.Clone(v)
	hidden[0] |= flagHidden
	return h.batch.Set(orderKey(rowOutcome, lane, k), hidden, nil)
}

// mayHide says whether an outcome is that of an order processed by then and listed.
func mayHide(k order.Key, v []byte, since time.Time) (bool, error) {
	if isHidden(v) {
		return false, nil
	}
	row, err := decodeOutcome(v, k.Run().Started())
	return err == nil && row.status == order.Processed && !row.at.After(since), err
}

// counts writes how many orders of each run are hidden now.
func (h *hiding) counts() error {
	for rs, n := range h.byRun {
		v := binary.BigEndian.AppendUint64(nil, uint64(rs.hidden+n))
		if err := h.batch.Set(hiddenKey(rs.run.ID), v, nil); err != nil {
			return err
		}
	}
	return nil
}

// recoverHidden reads how many orders of each run are hidden.
func (db *DB) recoverHidden() error {
	return each(db.eng, []byte{rowHidden}, func(k, v []byte) error {
		id, n, err := decodeHidden(k, v)
		if err != nil {
			return err
		}
		rs := db.runs[id]
		if rs == nil {
			return fmt.Errorf("%w: hidden orders of the unknown run %s", order.ErrCorrupt, id)
		}
		db.hid(rs, n)
		return nil
	})
}

func decodeHidden(k, v []byte) (order.RunID, int64, error) {
	if len(k) != 17 {
		return order.RunID{}, 0, fmt.Errorf("%w: hidden key of %d bytes", order.ErrCorrupt, len(k))
	}
	n, err := decodeNumber(v)
	return order.RunID(k[1:]), int64(n), err
}
