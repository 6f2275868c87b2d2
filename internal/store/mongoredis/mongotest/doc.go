// Package mongotest is a test double of a MongoDB server: it speaks the wire protocol over
// TCP to unchanged drivers, keeps its collections in memory, and fails on demand. It is
// for tests and for benchmarks that need the protocol's cost; it proves what a client does
// when its server cuts, refuses or repeats, and never that anything is durable.
//
// A [Server] answers OP_MSG, and OP_QUERY for the first hello of old drivers. It stands
// alone, or says that it is the primary of a replica set of one, and then takes retryable
// writes: a command that is repeated with its session and its number gets the answer it
// got before and is not executed again. [Server.Stop] and [Server.Restart] cut every
// connection and keep the collections; [Server.Inject] and [Server.Storm] plant faults;
// [Server.Observe] tells of every change of a document.
//
// # How it works
//
// Documents are kept as the bytes they came in. Values that are compared are turned into
// strings of bytes that sort as MongoDB sorts the values; the hash of _id, the ordered
// tree of each index and every sort compare only those. A write locks its collection; a
// read takes all it will ever return at one point in time, and its cursor hands that out.
//
// What is not known is refused: a command, a field of a command, an operator, a stage or
// an option answers an error, as a real server's does for what it does not know, or with
// the code 238 NotImplemented for what only the double lacks.
//
// # Limits
//
// These are the double's own, on purpose:
//   - Nothing is durable and nothing is replicated; write and read concerns are checked
//     for their form, recorded, and change nothing.
//   - No transactions, change streams, text, geospatial, hashed, wildcard or TTL indexes
//     (an index with expireAfterSeconds is kept and never expires anything), views,
//     collations, capped collections or sharding; one user, without roles.
//   - Decimal128 is stored and returned; it is not computed with and does not compare
//     with the other numbers.
//   - An update or an aggregation knows the operators that its files list, not all.
//   - A repeated retryable write gets the whole answer of the first, though some of its
//     statements had failed; a real server would try those again.
//   - Cursors never time out, and maxTimeMS ends nothing.
//   - A replica set tells operationTime with each answer; a read that must be after one is
//     answered at once.
//   - hello tells no topologyVersion, so clients poll instead of waiting for news: after a
//     fault, a driver waits up to half a second before it asks again.
//   - Regular expressions are Go's.
package mongotest
