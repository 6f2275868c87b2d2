// Package storetest is the conformance suite of the storage contract: a driver is
// right when this suite says so.
//
// [Run] tests one promise of package store after the other, each on a store of its
// own. [Model] makes the same random operations on a driver and on a reference and
// compares every answer. Both judge only what the contract says: where it leaves a
// choice (how orders are cut into blocks, by how much Claim may pass its maximum) every
// choice passes. Neither knows which driver it runs; what drivers may differ in, they
// declare in [Options].
//
// One thing it takes for granted: that the orders of one lane in one chunk fill their
// blocks up to the run's BlockSize, but for the last.
//
// After almost every step the suite recounts: counters must equal what a reader of the
// whole store counts, no order may be lost or doubled, and Verify must agree.
package storetest
