//go:build !mutant_redisgate

package mongoredis

// claimText is the claim script.
func claimText() string { return claimLua }

// asks says whether MongoDB is asked too before NORMAL orders are handed out.
const asks = true
