package storetest

import "github.com/filavip/filavip/internal/store"

// TB is the part of [testing.TB] that opening a store needs; *rapid.T has it too.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Options tell the suite how to get stores, and what the driver declares.
type Options struct {
	// Open returns a fresh, empty store. It frees everything in Cleanup, after the suite
	// has closed the store.
	Open func(t TB) Opened
	// AtomicBlocks says that a call of Settle takes effect as a whole: no reader and no
	// restart sees a part of it.
	AtomicBlocks bool
	// Expire makes a held claim expire. Nil says that claims never expire.
	Expire func(t TB, s store.Store, c *store.Claim)
	// Big is the number of orders of the largest batch; 100,000 if zero.
	Big int
	// Topics are those parts of the contract that are tried; all if nil.
	Topics []string
}

// Opened is a store and the ways to find it again.
type Opened struct {
	Store store.Store
	// Reopen opens the store again, after the one before was closed.
	Reopen func(t TB) store.Store
	// Crash ends the store as the death of its process would, without Close, and opens
	// it again. Nil says that the harness cannot do that.
	Crash func(t TB) store.Store
}

func (o Options) withDefaults() Options {
	if o.Big == 0 {
		o.Big = 100_000
	}
	return o
}
