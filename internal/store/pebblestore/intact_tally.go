//go:build !mutant_counters

package pebblestore

// tally adds a settlement to the counters, in the batch of its rows.
func (s *settling) tally(p *settledPart) error {
	return mergeTally(s.batch, p.Claim.Run, p.state.block.lane, &p.tally)
}
