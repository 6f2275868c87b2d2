//go:build mutant_gate

package pebblestore

import "github.com/filavip/filavip/internal/order"

// gateOpen is a planted bug: VIP orders that wait for a retry count as settled.
func (db *DB) gateOpen() bool { return db.vipOpen.Load() <= db.totals[order.VIP].Delayed }
