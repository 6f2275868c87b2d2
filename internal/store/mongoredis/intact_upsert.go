//go:build !mutant_upsert

package mongoredis

// makes says whether a change of blocks and orders makes those that are not there.
const makes = false
