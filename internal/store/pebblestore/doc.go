// Package pebblestore is the embedded storage driver: one directory, one process, no
// server. It is the only package that imports Pebble.
//
// # Rows
//
//	o/<lane><key16>        an order as it was accepted; written once, never rewritten
//	s/<lane><key16>        its outcome; no outcome means pending
//	j/<lane><key16>        a block, named by the key of its first order
//	r/<lane><due8><seq8>   a delayed block, due at a millisecond
//	x/<lane><key16>        the story of an order that was a dead letter
//	u/<ref>                a customer's own name of an order > its key
//	c/<run16><lane>        the counters of a lane of a run, merged
//	n/<run16>              the document of a run
//	h/<run16>              how many of its processed orders are hidden
//	m/<name>               single values: schema, pause, generation, ...
//	k/<key>                idempotency records
//	i/<block's key>        a block that a foreign handler has in hand
//	t/<run16><seq4>        samples of a run's speed, in blocks that the store does not read
//
// The slashes are not stored. d/ is reserved.
//
// Orders are facts and outcomes are facts: neither is rewritten by processing, and
// reading an order joins the two. A pending order is named by exactly one block.
// Blocks of both lanes are written with the orders; a lane's blocks below the run's
// Enqueued cursor are ready, the others wait for Enqueue, which only moves the cursor.
// Enqueuing 750,000 orders is therefore one small commit.
//
// # Commits
//
// Every change is one batch, committed with Sync, then applied to memory, then
// announced. Commits of many goroutines share an fsync. Counters are merge operands in
// those batches, so commits need no common order; they are folded when the store is
// opened, and answered from memory while it is open.
//
// # Claims
//
// The directory lock makes this process the only owner, so claims live in memory alone
// and a crash gives them all back. A block stays on disk, whole, until its orders are
// settled; a partial settle rewrites it in the same batch.
//
// # Locks, in the order in which they are taken
//
//	fence    read by every commit from its epoch check to its end; written by cancel,
//	         reset and whatever else must know that no commit is under way
//	run.doc  one writer of a run's document at a time
//	claim    one settle of a claim at a time
//	mu       lanes, counters and maps; never held across I/O
package pebblestore
