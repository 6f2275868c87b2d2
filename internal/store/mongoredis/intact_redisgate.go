//go:build !mutant_redisgate

package mongoredis

// claimText is the claim script.
func claimText() string { return claimLua }
