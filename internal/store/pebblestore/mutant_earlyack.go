//go:build mutant_earlyack

package pebblestore

// land is a planted bug: outcomes are counted and announced before they are durable.
func (s *settling) land() error {
	s.apply()
	return s.db.commit(s.batch)
}
