package pebblestore

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/metrics"
)

// Options say how a store is opened. The zero value is what production uses.
type Options struct {
	// FS is the file system; the machine's if nil.
	FS vfs.FS
	// Logger hears of trouble; discarded if nil.
	Logger *slog.Logger
	// Metrics receives the store's metrics; none if nil.
	Metrics *metrics.Registry
	// Exit ends the process after an error no write may survive. It must not return;
	// os.Exit(74) if nil.
	Exit func(message string)
	// Reserve is how many bytes the disk must keep free for new work to be taken; 256 MiB
	// if zero, off if negative.
	Reserve int64
	// MustExist refuses to create a store in a directory that holds none.
	MustExist bool
	// MemTable is the size of a memtable in bytes; 32 MiB if zero.
	MemTable uint64
	// Clock tells the time of crashes and verbs, and how long commits take; time.Now if nil.
	Clock func() time.Time
}

const (
	defaultReserve  = 256 << 20
	defaultMemTable = 32 << 20
	blockCache      = 64 << 20
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Exit == nil {
		o.Exit = exit
	}
	if o.Reserve == 0 {
		o.Reserve = defaultReserve
	}
	if o.MemTable == 0 {
		o.MemTable = defaultMemTable
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// exitIO is the exit status of a process whose disk failed it.
const exitIO = 74

func exit(message string) {
	fmt.Fprintln(os.Stderr, "filavip: "+message)
	os.Exit(exitIO)
}

// engine returns Pebble's options. What is set differs from the defaults because the
// load is known: rows are small, come in key order, and are read soon after or never.
// Tables of successive flushes hardly overlap, so there is nothing to gain from merging
// them by their number; only overlap is worth a compaction.
func (o *Options) engine(fs vfs.FS) *pebble.Options {
	p := &pebble.Options{
		FS:                          fs,
		Logger:                      fatalLogger{log: o.Logger, exit: o.Exit},
		FormatMajorVersion:          pebble.FormatNewest,
		Merger:                      tallyMerger(),
		MemTableSize:                o.MemTable,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       16,
		L0CompactionFileThreshold:   10_000,
		L0StopWritesThreshold:       128,
		LBaseMaxBytes:               256 << 20,
		MaxOpenFiles:                1000,
		Cache:                       pebble.NewCache(blockCache),
		ErrorIfNotExists:            o.MustExist,
		WALBytesPerSync:             1 << 20,
		BytesPerSync:                1 << 20,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		EventListener:               o.listener(),
	}
	p.TargetFileSizes[0] = 2 << 20
	for i := range p.Levels {
		p.Levels[i] = pebble.LevelOptions{
			BlockSize:    16 << 10,
			Compression:  func() *block.CompressionProfile { return block.NoCompression },
			FilterPolicy: bloom.FilterPolicy(10),
		}
		if i > 0 {
			p.TargetFileSizes[i] = min(int64(2<<20)<<i, 64<<20)
		}
	}
	return p
}

func (o *Options) listener() *pebble.EventListener {
	log := o.Logger
	return &pebble.EventListener{
		BackgroundError: func(err error) { log.Error("background work failed", "error", err) },
		DiskSlow: func(info pebble.DiskSlowInfo) {
			log.Warn("disk is slow", "path", info.Path, "duration", info.Duration)
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			log.Error("data is corrupt", "path", info.Path, "details", info.Details)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			log.Warn("writes wait for the disk", "reason", info.Reason)
		},
		WriteStallEnd: func() { log.Info("writes go on") },
	}
}

// fatalLogger is Pebble's logger. Pebble calls Fatalf when a write-ahead log write or a
// sync failed; a Fatalf that returned would make it go on and acknowledge what is lost,
// so this one ends the process.
type fatalLogger struct {
	log  *slog.Logger
	exit func(string)
}

func (l fatalLogger) Infof(string, ...any) {}

func (l fatalLogger) Errorf(format string, args ...any) {
	l.log.Error("storage engine", "detail", fmt.Sprintf(format, args...))
}

func (l fatalLogger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	l.exit("storage failed, stopping so that nothing unwritten is acknowledged: " + message)
	panic("pebblestore: Exit returned after: " + message)
}
