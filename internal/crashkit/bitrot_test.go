package crashkit

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// TestBitRot turns single bits of tables over and reads every order. Damage may stop
// the store from opening or a reading from ending, each with an error; what it must not
// do is make a reading shorter without one.
func TestBitRot(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	fs := newDisk()
	fill(t, fs)
	refused := 0
	const tries = 20
	for range tries {
		rotten := fs.lose(0, nil)
		where := rot(t, rotten, rng)
		found, err := readAll(t, rotten)
		switch {
		case err != nil:
			refused++
		case found != rotOrders:
			t.Fatalf("with %s turned over, %d of %d orders were read and no error came", where, found, rotOrders)
		}
	}
	t.Logf("damage was met and reported %d times of %d", refused, tries)
	if refused < tries/2 {
		t.Errorf("damage was met %d times of %d; the test does not damage what is read", refused, tries)
	}
}

const rotOrders = 5000

// fill leaves a store whose orders are in tables: opening turns the log into one.
func fill(t *testing.T, fs vfs.FS) {
	t.Helper()
	db := open(t, fs, 0, false)
	run := begin(t, db, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	insert(t, db, run, rotOrders)
	for range 2 {
		shut(t, db)
		db = open(t, fs, 0, true)
	}
	shut(t, db)
}

// rot turns one bit of one table over and says which.
func rot(t *testing.T, fs *disk, rng *rand.Rand) string {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatalf("List() = %v", err)
	}
	for _, i := range rng.Perm(len(names)) {
		if !strings.HasSuffix(names[i], ".sst") {
			continue
		}
		data, err := fs.UnsafeGetFileDataBuffer(fs.PathJoin(dir, names[i]))
		if err != nil {
			t.Fatalf("read %s: %v", names[i], err)
		}
		at := rng.IntN(len(data))
		data[at] ^= 1 << rng.IntN(8)
		return fmt.Sprintf("a bit of byte %d of the %d of %s", at, len(data), names[i])
	}
	t.Fatalf("no table among %q", names)
	return ""
}

// readAll counts the orders that can be listed.
func readAll(t *testing.T, fs vfs.FS) (found int, err error) {
	t.Helper()
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: fs, Reserve: -1, MustExist: true})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	for cursor := ""; ; {
		page, err := db.Orders(t.Context(), store.OrderQuery{Cursor: cursor, Limit: 1000})
		if err != nil {
			return found, err
		}
		for _, o := range page.Orders {
			if o.Status == order.Pending {
				found++
			}
		}
		if cursor = page.Cursor; cursor == "" {
			return found, nil
		}
	}
}
