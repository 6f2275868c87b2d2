//go:build mutant_itererror

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// endIter is a planted bug: a scan that a bad block cut short passes for a whole one.
func endIter(iter *pebble.Iterator) error {
	_ = iter.Close()
	return nil
}
