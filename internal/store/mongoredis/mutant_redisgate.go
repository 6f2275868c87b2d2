//go:build mutant_redisgate

package mongoredis

import "strings"

// claimText is a planted bug: the gate is open when Redis does not have it, and nobody
// asks MongoDB.
func claimText() string {
	shut := "if of ~= server or by ~= ticket then return {''} end"
	open := "if gate == '' then mode = 'all' elseif of ~= server or by ~= ticket then return {''} end"
	return strings.Replace(claimLua, shut, open, 1)
}

const asks = false
