// Package memstore is the reference model of the storage contract: the simplest
// driver that is right. It keeps everything in maps and slices behind one mutex,
// scans where a scan is easiest to read, and shares no logic with any other driver,
// so that a mistake in one does not hide in the other.
//
// It is durable in the sense a test needs: [Store.Reopen] gives what a process would
// find that opens the store again, be it after Close or after a crash. Nothing
// outlives the process.
//
// # Where an order is
//
// Every order is an entry of its run, and an entry that is pending points to the one
// block that holds it. A block is in exactly one list: its run's waiting blocks, the
// store's delayed blocks, or the claims. The counters of a run are changed in one
// place only, [run.put], together with the entry's own state.
package memstore
