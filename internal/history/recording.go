package history

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

const (
	tick      = 100 * time.Millisecond
	leastOver = tick / 2        // a shorter sample joins a neighbour: its rate would say nothing
	fineFor   = time.Minute     // of a run, from its acceptance
	saveEvery = 5 * time.Second // of a run that goes on
	blockFor  = time.Minute     // that a block is about, at most
	blockMax  = 2 * int(blockFor/tick)
)

// recording is the samples of a run on their way to the archive.
type recording struct {
	run   order.RunID
	since time.Time // the run's acceptance
	ended bool

	open  point   // being folded; not in block yet
	block []point // the block at the end, which is number seq
	seq   uint32
	known bool // seq is; not so until it was asked how many an earlier process has saved

	dirty  bool      // block has more than was saved of it
	tried  time.Time // when it was last saved, or could not be
	failed bool      // it could not be
}

// add takes the next sample of the run. ended says that it is the last one.
func (rec *recording) add(p *point, ended bool) {
	rec.ended = ended
	if rec.open.Over == 0 {
		rec.open = *p
	} else {
		rec.open.fold(p)
	}
	second := p.At.Truncate(time.Second).After(p.At.Add(-p.Over))
	if len(rec.block) == 0 && rec.open.Over < leastOver && !ended {
		return // there is none before: it joins the one behind
	}
	if ended || second || p.At.Sub(rec.since) <= fineFor {
		rec.close()
	}
}

// close puts what is being folded into the block.
func (rec *recording) close() {
	if rec.open.Over == 0 {
		return
	}
	if last := len(rec.block) - 1; last >= 0 && rec.open.Over < leastOver {
		rec.block[last].fold(&rec.open)
	} else {
		rec.block = append(rec.block, rec.open)
	}
	rec.open, rec.dirty = point{}, true
	if len(rec.block) >= blockMax { // the archive has not taken it for long
		rec.block = folded(rec.block, 10*time.Second)
	}
}

// complete says whether the block is long enough to begin a new one behind it.
func (rec *recording) complete() bool {
	return len(rec.block) > 0 && rec.block[len(rec.block)-1].At.Sub(rec.block[0].At) >= blockFor-tick
}

// due says whether it is time to save the block: at the end of the run at once, else, and
// if that failed, every so often.
func (rec *recording) due(now time.Time) bool {
	return rec.ended && !rec.failed || now.Sub(rec.tried) >= saveEvery
}

// lasting is the block as it is saved: one that is complete is thinned by how old the run
// is, so that the samples of a run that takes days stay few.
func (rec *recording) lasting() []point {
	if !rec.complete() {
		return rec.block
	}
	switch age := rec.block[0].At.Sub(rec.since); {
	case age >= 10*time.Hour:
		return folded(rec.block, time.Minute)
	case age >= time.Hour:
		return folded(rec.block, 10*time.Second)
	}
	return rec.block
}

// stored notes that the block was saved as it is.
func (rec *recording) stored() {
	rec.dirty = false
	if rec.complete() {
		rec.block = nil
		rec.seq++
	}
}
