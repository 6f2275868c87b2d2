// Package pipeline takes one batch run from its acceptance to its end: it feeds the
// source's orders into the store chunk by chunk, enqueues the lanes, waits for them to
// drain, proves the result, and moves the run's phase at each step.
//
//	GENERATING            chunks are inserted; VIP blocks are ready with their chunk,
//	                      so VIP work overlaps generation
//	ENQUEUE_VIP           VIP blocks that still waited are enqueued
//	WAITING_VIP_DRAIN     until no VIP order is unsettled
//	ENQUEUE_NORMAL        NORMAL blocks are enqueued
//	WAITING_NORMAL_DRAIN  until no order is unsettled
//	DONE                  counters conserve, nothing is left, and the digest agrees
//
// Every step is durable before the next begins and every step may be repeated, so a run
// that was cut off anywhere goes on from its document: [Pipeline.Resume] is the same
// code as a new run's.
//
// Where several processes share a store, any of them begins and ends runs, and the one
// that leads drives them: [Pipeline.Lead]. No process knows by its own pipeline what the
// others do, so each learns of the phases from the runs' documents: [PhaseWatch].
package pipeline
