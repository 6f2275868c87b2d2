//go:build !mutant_nosync

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// commitOptions make a commit durable before it returns. Without Sync Pebble returns
// before it has even called write(2), so that killing the process would lose it.
func commitOptions() *pebble.WriteOptions { return pebble.Sync }
