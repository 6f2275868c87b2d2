//go:build mutant_upsert

package mongoredis

// makes is a planted bug: outcomes that come after a reset make what it has wiped.
const makes = true
