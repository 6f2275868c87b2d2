// Package store is the storage contract: what a driver must do with orders, runs
// and lanes, and what it must never do. It holds interfaces, their arguments and
// results, and nothing that acts.
//
// The seam is drawn where atomicity is: an order, its place in a lane and the
// counters that count it change together or not at all, so one contract covers them.
//
// # Promises of every driver
//
// A call that returned nil is durable: no crash of the process or the machine takes
// it back. A call that returned an error, or never returned, may or may not have
// taken effect, and may be repeated: every mutating call is written so that its
// repetition changes nothing more. All methods are safe for concurrent use.
//
// Orders are written once, at Insert, and never upserted. An order that is pending is
// in exactly one place: in a block that is not enqueued yet, that is ready, that is
// delayed until a due time, or that is claimed.
//
// # Fences
//
// A run has an epoch and the store has a generation. Cancel raises the one and Reset
// the other. Work done under an older number is refused with [order.ErrStale] or
// [order.ErrClaimLost] and changes nothing, however late it arrives.
//
// # The gate
//
// While any accepted VIP order of any run that is not void is unsettled, be it
// waiting, claimed or delayed, no NORMAL order is claimed and MayStart lets none
// begin. After a restart the gate is shut until the driver has derived it anew.
package store
