//go:build mutant_nosync

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// commitOptions is a planted bug: commits return before they are durable.
func commitOptions() *pebble.WriteOptions { return pebble.NoSync }
