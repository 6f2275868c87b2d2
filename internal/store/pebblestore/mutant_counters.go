//go:build mutant_counters

package pebblestore

// tally is a planted bug: the counters are committed on their own, before the rows
// they count.
func (s *settling) tally(p *settledPart) error {
	b := s.db.eng.NewBatch()
	defer b.Close()
	if err := mergeTally(b, p.Claim.Run, p.state.block.lane, &p.tally); err != nil {
		return err
	}
	return s.db.commit(b)
}
