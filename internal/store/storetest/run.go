package storetest

import (
	"slices"
	"testing"
)

// test is one promise and the steps that try it.
type test struct {
	name string
	run  func(b *bed)
}

// topic is a part of the contract.
type topic struct {
	name  string
	tests []test
}

// Run holds a driver to the contract.
func Run(t *testing.T, opts Options) {
	opts = opts.withDefaults()
	for _, topic := range topics() {
		if opts.Topics != nil && !slices.Contains(opts.Topics, topic.name) {
			continue
		}
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			for _, test := range topic.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(newBed(t, opts))
				})
			}
		})
	}
}

func topics() []topic {
	return []topic{
		{"Runs", runTests()},
		{"Phases", phaseTests()},
		{"Insert", insertTests()},
		{"Enqueue", enqueueTests()},
		{"Refs", refTests()},
		{"Claim", claimTests()},
		{"Load", loadTests()},
		{"Contention", contentionTests()},
		{"Gate", gateTests()},
		{"Changed", changedTests()},
		{"Settle", settleTests()},
		{"Lost", lostTests()},
		{"Retry", retryTests()},
		{"Due", dueTests()},
		{"Release", releaseTests()},
		{"Blocks", blockTests()},
		{"Expiry", expiryTests()},
		{"Poison", poisonTests()},
		{"Pause", pauseTests()},
		{"Cancel", slices.Concat(cancelTests(), cancelLateTests())},
		{"Reset", resetTests()},
		{"Clean", slices.Concat(cleanTests(), cleanSettledTests())},
		{"DryRun", dryRunTests()},
		{"Remove", removeTests()},
		{"Dead", deadTests()},
		{"Redrive", redriveTests()},
		{"Orders", orderPageTests()},
		{"Jobs", jobTests()},
		{"Samples", sampleTests()},
		{"Idempotency", idempotencyTests()},
		{"Standing", standingTests()},
		{"Reopen", reopenTests()},
		{"Context", contextTests()},
		{"Big", bigTests()},
	}
}
