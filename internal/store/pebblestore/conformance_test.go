package pebblestore_test

import (
	"flag"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
	"github.com/filavip/filavip/internal/store/pebblestore"
	"github.com/filavip/filavip/internal/store/storetest"
)

// dir is the data directory of a store on a file system in memory.
const dir = "data"

// options say how the suite opens stores on a file system in memory that can crash.
func options() storetest.Options {
	return storetest.Options{
		AtomicBlocks: true,
		Open: func(t storetest.TB) storetest.Opened {
			fs := vfs.NewCrashableMem()
			return storetest.Opened{
				Store:  open(t, fs),
				Reopen: func(t storetest.TB) store.Store { return open(t, fs) },
				Crash: func(t storetest.TB) store.Store {
					fs = fs.CrashClone(vfs.CrashCloneCfg{})
					return open(t, fs)
				},
			}
		},
	}
}

func open(t storetest.TB, fs vfs.FS) store.Store {
	t.Helper()
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: fs, MemTable: 4 << 20, Reserve: -1})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestConformance(t *testing.T) { storetest.Run(t, options()) }

// TestModel makes as many sequences as the flag rapid.checks says. With the race detector
// Pebble checks itself too and takes fifty times as long, so there are fewer by default.
func TestModel(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); raceDetector && checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("15"); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Model(t, options(), func() store.Store { return memstore.New() })
}
