package pebblestore

import "context"

// Usage is the room that a store takes.
type Usage struct {
	Disk    int64 // bytes of the engine's files, obsolete ones that are not deleted yet included
	Free    int64 // bytes left on that disk; 0 where the system does not say
	L0Files int64 // tables of the engine's top level
	Runs    int64
}

// Usage returns how much room the store takes.
func (db *DB) Usage(ctx context.Context) (Usage, error) {
	if err := db.enter(ctx); err != nil {
		return Usage{}, err
	}
	defer db.leave()
	m := db.eng.Metrics()
	u := Usage{Disk: int64(m.DiskSpaceUsage()), L0Files: m.Levels[0].TablesCount}
	if disk, err := db.opts.FS.GetDiskUsage(db.dir); err == nil { // an in-memory file system has none to tell
		u.Free = int64(disk.AvailBytes)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	u.Runs = int64(len(db.byAge))
	return u, nil
}
