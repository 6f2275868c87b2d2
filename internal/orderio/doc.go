// Package orderio brings orders in from files and out to them, as NDJSON (one JSON
// object per line) or CSV (a header row, then one row per order).
//
// # Fields
//
// Files use the names of the HTTP API:
//
//	id           optional: the customer's own name of the order, its ref
//	cliente      required
//	valor        required: at most two decimals; in JSON a number or a string
//	tier         required: BRONZE, SILVER, GOLD, DIAMOND, or their Portuguese names
//	observacoes  optional: "Pedido padrão" if missing
//	createdAt    optional: RFC 3339, from 1970 on; kept to the millisecond
//	priority     optional: must be what the tier says
//	status       optional: must be pendente
//
// An optional field may be null in JSON and empty in CSV; that is as if it were
// missing. CSV therefore cannot say that an order has an empty note, and JSON can.
//
// # Reading
//
// A [Reader] streams: its memory does not depend on the file's size. Gzip and zstd are
// recognised by their first bytes, the format by the name or, failing that, by the
// first character. A record that is no order is a [Reject], which says what is wrong
// with which value and what is allowed, and reading goes on behind it. Only what
// concerns the whole input (a read error, damaged compression, an unusable header)
// ends it.
//
// Nothing is guessed: an unknown field, a repeated one, a third decimal or a broken
// UTF-8 sequence rejects the record, because a field that is dropped in silence is an
// order processed wrongly.
//
// # Going on where one stopped
//
// [Reader.Position] says how far the records returned so far reach, with a hash of all
// bytes up to there. [Reader.SkipTo] brings a new Reader over the same input to that
// place, and refuses if what it passes over is not what was read before. What stands
// behind the position does not enter: a file that has only grown is accepted.
package orderio
