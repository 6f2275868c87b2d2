// Package logbook keeps what the program says: one [log/slog] handler that renders each
// record once and writes the line to all its places.
//
//	stderr       lines at LOG_LEVEL or above, at once
//	ring         the last 10,000 lines of each class, in memory, for the API
//	three files  log.messages, warn.messages, errors.messages; buffered and rotated
//	live tail    whoever is given as [Tailer], such as the event hub
//
// Each line is in exactly one class: errors, warnings, or information, which is the
// rest. Records below Info go to stderr alone, and only if LOG_LEVEL asks for them.
//
// # Lines
//
//	[2026-01-31T12:00:00.000Z] [WARN] [queue] retry put off run=0190-... due=2s
//
// Time is UTC. The third bracket is the record's "component" attribute, or "filavip".
// A line is one line whatever is logged: control and format characters, line
// separators and broken UTF-8 are escaped as in a Go string, so that no customer's text
// can forge a line, colour a terminal or turn its writing around. No field is longer
// than 1 KiB, no line longer than 16.
//
// # Disk trouble
//
// Whoever logs never waits for a disk: lines go into a bounded buffer, and one
// goroutine writes it. If files cannot be written, or not fast enough, lines are left
// out of them and counted, the trouble is said once in all other places, and the
// program goes on. An error line is written without waiting for the interval.
package logbook
