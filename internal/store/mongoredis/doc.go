// Package mongoredis is the distributed driver of the storage contract: MongoDB keeps
// orders, blocks and runs, and is the truth; Redis keeps the lanes, and can be lost and
// rebuilt from it. Any number of processes have the same store open.
//
// # Documents
//
//	orders       one an order, in the challenge's field names; _id is its key
//	blocks       one a block: where its orders are, their counts and digests, and what
//	             their own documents must still be told
//	runs         one a run: its document, its cursor, the term of its coordinator
//	samples      blocks of a run's speed, which the store does not read
//	nodes        one an open store: its last sign of life, by the server's clock
//	idempotency  one a key: intent, and result once there is one
//	state        control (schema, generation, pause, reset) and coordinator (the lease)
//
// There are no transactions. What must be atomic is one document, changed by
// compare-and-set on its version "v", so the store needs of MongoDB what a single server
// does too. Writes are acknowledged by the journals of a majority; reads are majority
// reads from the primary.
//
// An order exists for readers once its run's cursor lies behind it, and its block says
// what became of it. Its own document follows; it bears the version of its block that last
// changed it (rev), and takes no change of an earlier one. A run's counts are its blocks
// added up by the server; nothing counts by increments.
//
// # Keys in Redis
//
// All keys of a store begin with {filavip:DATABASE}, a hash tag, so that a script can use
// all of them in a Cluster too. Those of a generation bear its number: a reset goes on
// with keys nobody has seen. The type lanes lists them. A place in a lane is a block, the
// number of one of its parts, and how many orders that has; orders are in none.
//
// # The life of a block
//
// A block has parts: orders that are in one place. It begins with one that waits. Retries
// and redrives become parts of their own, one for each due time. A part is claimed by
// noting a holder in it: the claim's token, the process, the entry in Redis.
//
//	Insert  orders, then blocks, then the run's cursor; then places in Redis. Where an
//	        earlier attempt may be on its way, the run's version is raised first: what is
//	        late of it then neither moves the cursor nor deletes blocks
//	Claim   Redis hands out a place; the block gets the holder; nobody has it before
//	Settle  the block gets counts, digest and notes (todo), in one write; then the orders'
//	        documents; then the notes are taken away; then the entry in Redis
//	Cancel  the run's document ends the run; then its blocks that are open or have dead
//	        letters become void, in one update; a void block takes no outcome and no
//	        redrive
//	Reset   the control document says so, with a new generation; then blocks, runs,
//	        samples and orders are deleted, those of runs begun later excepted
//	Pause   the control document, then the gate's ticket; then other processes are given
//	        the time of two looks
//
// To write the orders' documents as the notes say, and then take the notes away, is to
// finish a block. Whoever is to change a block that has notes finishes it first. Twice, or
// late, that changes nothing: each order looks at rev. A note bears the nonce of the call
// that made it, and the token of its claim, by which a call whose answer was lost knows
// that it took effect.
//
// # The gate
//
// See gate.go. In short: it is open only if it names the server that runs now and the
// present ticket. Whatever may shut it changes the ticket after its write to MongoDB and
// before it is acknowledged; who opens it takes the ticket before he reads, and reads after
// a write that a majority has acknowledged, so no deposed primary answers. Workers ask
// their process's copy before each order, which is at most a quarter of a second old, or a
// little over a second where Redis is silent; for a batch run that is exact, for NORMAL
// blocks are enqueued after the last VIP order is settled. Where NORMAL orders are handed out, MongoDB's answer that they may be is at most
// as old: there may be two Redis for a while (confirm.go).
//
// # Leases
//
// A process renews its entries in Redis, and its own among the nodes, each third of a
// lease. The claim script hands out again what was not renewed for a lease; the reconciler
// takes from nodes that are silent what Redis knows nothing of. Both write the block, so
// the earlier holder's settle finds itself not there, whatever it believes, and is lost.
// No clock of a process decides that. The coordinator's lease and its term are explained
// in lead.go. Where a handler may have taken the process down, who takes over counts
// strikes: poison.go.
//
// # What may be lost, and how it comes back
//
//	places and entries in Redis      reconcile: what is pending and held by nobody is
//	                                 enqueued; at start, when Redis has another run ID, was
//	                                 emptied or did not answer, and every third of a lease
//	the gate                         shut until somebody derives it, as reconcile does too
//	a connection to Redis            vigil.go: a client that gets nowhere for ten seconds
//	                                 is replaced
//	a process                        its parts go to others; its notes are finished by them
//	the answer to a write            the call looks whether it took effect, and goes on
//	a claim that was cut off         adrift.go: given back by the process itself, which is
//	                                 alive, so that nobody else may
//	a coordinator                    the next one stamps its term on the active runs, and
//	                                 drives them on from their cursors and phases
//	a cancel or reset half-way       reconcile: the documents say what is left to do
//
// Too much in Redis does no harm: a place that the block does not have, or has claimed,
// is refused by the block and taken out.
//
// # Limits
//
// Counts cost the more the more blocks a run has, until it has ended; those of all runs
// read the version of each there ever was. Reset deletes
// document by document. The collection of orders cannot be sharded by its key, since its
// id is unique. One coordinator generates.
package mongoredis
