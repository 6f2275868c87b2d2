//go:build !mutant_itererror

package pebblestore

import "github.com/cockroachdb/pebble/v2"

// endIter ends an iteration and returns what stopped it, nil if it came to its end. An
// iterator that meets a bad block only stops being valid.
func endIter(iter *pebble.Iterator) error {
	err := iter.Error()
	if closeErr := iter.Close(); err == nil {
		err = closeErr
	}
	return err
}
