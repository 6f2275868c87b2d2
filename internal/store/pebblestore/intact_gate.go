//go:build !mutant_gate

package pebblestore

// gateOpen says whether NORMAL orders may start: no VIP order is unsettled.
func (db *DB) gateOpen() bool { return db.vipOpen.Load() == 0 }
