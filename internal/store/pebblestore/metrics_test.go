package pebblestore_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/metrics/metricstest"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// stepping is a clock that goes on by a second each time it is asked.
func stepping() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	d := &disk{FS: vfs.NewMem()}
	d.free.Store(10 << 30)
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: d, MemTable: 1 << 20, Metrics: r, Clock: stepping()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	before := db.Stats()
	spec := order.Spec{Kind: order.Standing, Weights: order.Weights{1}, Work: order.Work{Attempts: 1}, ChunkSize: 2, BlockSize: 1}
	const runs = 5
	for range runs {
		if _, err := db.Begin(t.Context(), spec, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
	}
	after := db.Stats()
	if did := after.Sub(before); did.Commits != runs || did.Bytes == 0 || did.Syncs == 0 {
		t.Errorf("%d runs begun took %+v, want as many commits, and bytes and syncs", runs, did)
	}
	metricstest.Want(t, r,
		fmt.Sprintf("filavip_store_commits_total %d", after.Commits),
		fmt.Sprintf("filavip_store_commit_duration_seconds_count %d", after.Commits),
		fmt.Sprintf("filavip_store_commit_duration_seconds_sum %d", after.Commits), // a second each
		"filavip_store_stalled 0",
		fmt.Sprintf("filavip_store_disk_free_bytes %v", float64(10<<30)),
		"filavip_store_compactions_total 0",
		"filavip_store_compaction_debt_bytes 0",
		"filavip_store_l0_read_amplification 0")
	text := metricstest.Text(r)
	for _, positive := range []string{"written_bytes_total", "fsyncs_total", "memtable_bytes", "disk_used_bytes"} {
		name := "\nfilavip_store_" + positive + " "
		if !strings.Contains(text, name) || strings.Contains(text, name+"0\n") {
			t.Errorf("filavip_store_%s is missing or 0:\n%s", positive, text)
		}
	}
}

func TestMetricsOfAFullDisk(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	d := &disk{FS: vfs.NewMem()}
	d.free.Store(99)
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: d, Reserve: 100, MemTable: 1 << 20, Metrics: r})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	metricstest.Want(t, r, "filavip_store_stalled 1", "filavip_store_disk_free_bytes 99")
}

// TestMetricsOfAClosedStore scrapes while the store is closed and after: no closed engine
// is asked for anything.
func TestMetricsOfAClosedStore(t *testing.T) {
	t.Parallel()
	r := metrics.New()
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: vfs.NewMem(), Reserve: -1, MemTable: 1 << 20, Metrics: r})
	if err != nil {
		t.Fatal(err)
	}
	var scrapes sync.WaitGroup
	scrapes.Go(func() {
		for range 20 {
			metricstest.Text(r)
		}
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	scrapes.Wait()
	metricstest.Want(t, r, "filavip_store_memtable_bytes NaN", "filavip_store_compactions_total NaN", "filavip_store_disk_free_bytes NaN")
	metricstest.Want(t, r, `promhttp_metric_handler_errors_total{cause="gathering"} 0`)
}
