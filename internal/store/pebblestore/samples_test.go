package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
)

// TestSamplesOfNoRun has Verify find what no call of the store leaves behind.
func TestSamplesOfNoRun(t *testing.T) {
	t.Parallel()
	db, err := Open("store", Options{FS: vfs.NewMem(), MemTable: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for found, key := range [][]byte{nil, samplesKey(order.NewRunID(1, 1), 0), {rowSamples, 1}} {
		if key != nil {
			if err := db.eng.Set(key, []byte("x"), commitOptions()); err != nil {
				t.Fatal(err)
			}
		}
		if report, err := db.Verify(t.Context()); err != nil || report.Found != int64(found) {
			t.Errorf("Verify = %d problems %q, %v; want %d", report.Found, report.Problems, err, found)
		}
	}
}
