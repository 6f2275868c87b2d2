package pebblestore

// keptBytes bounds the block rows that are kept in memory from their insertion to their
// claim. Looking one up costs as much as working it off; beyond the bound that is what
// happens.
const keptBytes = 16 << 20

// keepRow returns a copy of a run's block row to keep, nil if enough are kept.
func (db *DB) keepRow(rs *runState, row []byte) []byte {
	n := int64(len(row))
	if db.kept.Add(n) > keptBytes {
		db.kept.Add(-n)
		return nil
	}
	rs.kept.Add(n)
	return append(make([]byte, 0, n), row...)
}

// dropRow forgets a kept row, which is about to be rewritten or gone.
func (db *DB) dropRow(b *readyBlock) {
	n := int64(len(b.row))
	b.row = nil
	b.run.kept.Add(-n)
	db.kept.Add(-n)
}

// dropRows forgets all rows kept of a run whose blocks nobody will claim.
func (db *DB) dropRows(rs *runState) { db.kept.Add(-rs.kept.Swap(0)) }

// rowOf returns a block's row, from memory if it is kept there.
func (db *DB) rowOf(b *readyBlock) ([]byte, error) {
	if b.row != nil {
		return b.row, nil
	}
	return db.get(b.rowKey())
}
