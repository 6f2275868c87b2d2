//go:build !mutant_token

package pebblestore

// tokenValid says whether a claim still is its worker's.
func tokenValid(st *claimState) bool { return !st.lost.Load() }
