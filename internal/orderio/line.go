package orderio

// Line returns the number of the last line that Next has consumed, from 1; 0 before the
// first. For a record of one line, that is its line.
func (r *Reader) Line() int64 { return r.in.lines }
