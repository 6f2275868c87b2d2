// Package event carries facts from where they happen to who wants to see them: the
// event types, and the in-process [Hub] that fans them out.
//
// A fact is published after it is durable, never before. Publishing never waits for a
// reader: it costs a short lock and a few words of memory per subscriber, however slow
// that subscriber is. What happens to an event that a subscriber has not read yet
// depends on its kind:
//
//	Status, Progress, Metrics   the latest replaces it, and at most one each is
//	                            handed out per interval (ten a second, fewer where very
//	                            many subscribe)
//	PhaseChange                 waits in a bounded queue, never replaced, together with
//	                            the snapshot that shows it; when the queue is full the
//	                            subscriber is cut off
//	Line                        waits in a bounded queue; the oldest makes room, and the
//	                            next line that is handed out says how many are missing
//
// A subscriber gets the current [Status] and everything that follows it from one
// locked step, so nothing falls between the two. Every Status is a full snapshot: after
// whatever loss, the next one makes a subscriber's picture right again. Who comes back
// after a lost connection and says what it saw last gets the phase changes and lines in
// between, as far as they are still kept.
//
// # Order
//
// A phase change and the snapshot that already shows it are published together and
// handed out in that order: no reader sees a snapshot of a phase it was not told of,
// or an older snapshot after the change. Within a kind events keep their order. Of
// what waits, phase changes go first, then Status, Progress, Metrics, and lines.
package event
