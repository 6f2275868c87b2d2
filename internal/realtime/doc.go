// Package realtime puts the events of the hub on the wire: over Socket.IO, for browsers
// and for clients of the challenge, and as server-sent events, for curl and for whatever
// speaks nothing but HTTP.
//
// Both carry the same events under the same names with the same bodies, those of
// package wire:
//
//	connected   first
//	status      the whole status of the current or latest run: next, on each phase
//	            change, and while orders move at most ten times a second
//	phase       each phase change, before the status that shows it
//	progress    how far the run is within its phase, at the pace of status
//	metrics     one sample a second
//	log         one line of the log
//
// # The key
//
// Where there is one, a stream needs it as every request does. A Socket.IO client shows it
// in a header, as a session's cookie or as token in its auth payload, and is refused by a
// CONNECT_ERROR whose data is the problem. Its commands are carried out with what it showed
// when it connected. A connection does not outlive the session it was opened with.
//
// # Loss
//
// Every phase change reaches every client that stays connected and reads: they are
// queued, and a client for which too many wait is cut off and counted: its connection is
// lost to it, so it comes back. Of the others
// the latest replaces what was not sent yet, but for log lines, of which the oldest
// make room and the next one says how many are missing. No client, however slow, holds
// up the work.
//
// # Coming back
//
// Events say where to come back to: in server-sent events by their id, which also comes
// before the first of them, in Socket.IO by the second argument. That is an event below
// which nothing waits for the client any more. A client that lost its connection gives the
// last one it saw, as the Last-Event-ID header or as lastEventId in Socket.IO's auth
// payload, and gets the phase changes and lines it missed as far as they are still known;
// some may come twice. IDs of an earlier process are recognised, and mean nothing.
package realtime
