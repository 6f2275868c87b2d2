//go:build mutant_token

package pebblestore

// tokenValid is a planted bug: a worker settles what it no longer holds.
func tokenValid(*claimState) bool { return true }
