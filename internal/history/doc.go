// Package history remembers how fast the work went: samples of throughput, depth and
// latency, and what they foretell about the drain.
//
// A [Recorder] looks ten times a second, or once while nothing happens, and makes a sample
// of what has changed since the look before. It keeps the samples of the last minute as they are, and those of the last
// hour folded to whole seconds; it publishes each of these.
//
// # The samples of a run
//
// The samples of a batch run are also kept with the run, as long as the run is: every
// 100 ms in its first minute, so that a run of less than a second has a curve, then every
// second, every ten after an hour and every minute after ten hours. They go to an
// [Archive] in blocks of about a minute. The block at the end is saved every five seconds
// under the same number until it is complete, so a crash loses five seconds of samples at
// the most, and nothing else: they are no part of what the orders depend on. A process that
// resumes the run goes on with a block of its own.
//
// # Folding
//
// Samples are folded to longer ones by adding what happened within them, keeping the
// depth at their end, and keeping the most workers and the most memory. Latencies are
// kept as counts of durations by size, which add up, so a percentile of an hour is that of
// all its durations and no mean of percentiles.
package history
