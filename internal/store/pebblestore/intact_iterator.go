//go:build !mutant_itererror

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// stopped returns what stopped an iteration, nil if it came to its end. An iterator that
// meets a bad block only stops being valid.
func stopped(iter *pebble.Iterator) error { return iter.Error() }

// endIter ends an iteration and returns what stopped it.
func endIter(iter *pebble.Iterator) error {
	err := stopped(iter)
	if closeErr := iter.Close(); err == nil {
		err = closeErr
	}
	return err
}
