// Package mongoredis is the distributed driver of the storage contract: MongoDB keeps
// orders, blocks and runs, and is the truth; Redis keeps the lanes, and can be lost and
// rebuilt from it.
package mongoredis
