//go:build mutant_itererror

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// stopped is a planted bug: a scan that a bad block cut short passes for a whole one.
func stopped(*pebble.Iterator) error { return nil }

// endIter is the same planted bug.
func endIter(iter *pebble.Iterator) error {
	_ = iter.Close()
	return nil
}
