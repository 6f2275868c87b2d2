//go:build !mutant_earlyack

package pebblestore

// land commits the batch, then lets memory follow: nothing is counted, announced or
// acknowledged before it is durable.
func (s *settling) land() error {
	if err := s.db.commit(s.batch); err != nil {
		return err
	}
	s.apply()
	return nil
}
