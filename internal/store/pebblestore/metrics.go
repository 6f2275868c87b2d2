package pebblestore

import (
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/metrics"
)

// newCommitTime makes the one metric that commits write themselves; all others are read
// when somebody asks.
func newCommitTime(r *metrics.Registry) *metrics.Histogram {
	return r.Histogram("filavip_store_commit_duration_seconds",
		"Time from a commit's start until it is durable.", metrics.HistogramOptions{})
}

// registerSampled makes the metrics that are read from an open store.
func (db *DB) registerSampled() {
	r := db.opts.Metrics
	r.CounterFunc("filavip_store_commits_total", "Commits made durable.",
		func() float64 { return float64(db.meter.commits.Load()) })
	r.CounterFunc("filavip_store_written_bytes_total", "Bytes handed to the file system, log and tables alike.",
		func() float64 { return float64(db.meter.bytes.Load()) })
	r.CounterFunc("filavip_store_fsyncs_total", "Files and directories forced to the disk.",
		func() float64 { return float64(db.meter.syncs.Load()) })
	r.GaugeFunc("filavip_store_stalled", "1 while the disk is nearly full and no order is handed out, else 0.", db.stalled)
	r.GaugeFunc("filavip_store_disk_free_bytes", "Bytes free on the store's disk; NaN if the system does not tell.", db.diskFree)
	r.CounterFunc("filavip_store_compactions_total", "Compactions of the engine's tables since the store was opened.",
		db.ofEngine(func(m *pebble.Metrics) float64 { return float64(m.Compact.Count) }))
	r.GaugeFunc("filavip_store_compaction_debt_bytes", "Bytes that compactions still have to rewrite, as the engine estimates.",
		db.ofEngine(func(m *pebble.Metrics) float64 { return float64(m.Compact.EstimatedDebt) }))
	r.GaugeFunc("filavip_store_memtable_bytes", "Bytes of memory in memtables, those being flushed included.",
		db.ofEngine(func(m *pebble.Metrics) float64 { return float64(m.MemTable.Size) }))
	r.GaugeFunc("filavip_store_l0_read_amplification", "Tables of the top level that a read may have to look into.",
		db.ofEngine(func(m *pebble.Metrics) float64 { return float64(m.Levels[0].Sublevels) }))
	r.GaugeFunc("filavip_store_disk_used_bytes", "Bytes of the engine's files, obsolete ones that are not deleted yet included.",
		db.ofEngine(func(m *pebble.Metrics) float64 { return float64(m.DiskSpaceUsage()) }))
}

func (db *DB) stalled() float64 {
	if db.disk.full.Load() {
		return 1
	}
	return 0
}

func (db *DB) diskFree() float64 {
	usage, err := db.opts.FS.GetDiskUsage(db.dir)
	if err != nil {
		return math.NaN() // an in-memory file system has no usage to tell
	}
	return float64(usage.AvailBytes)
}

// ofEngine returns a function that reads one of the engine's figures, NaN once the store
// is closed: a closed engine must not be asked.
func (db *DB) ofEngine(figure func(*pebble.Metrics) float64) func() float64 {
	return func() float64 {
		db.fence.RLock()
		defer db.fence.RUnlock()
		if db.closed {
			return math.NaN()
		}
		return figure(db.eng.Metrics())
	}
}
