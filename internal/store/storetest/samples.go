package storetest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func sampleTests() []test {
	return []test{
		{"InOrder", func(b *bed) { b.samplesInOrder(b.reopen) }},
		{"InOrderAfterCrash", func(b *bed) { b.samplesInOrder(b.crash) }},
		{"Replaced", testSamplesReplaced},
		{"Copied", testSamplesCopied},
		{"EndedRun", testSamplesOfEndedRun},
		{"UnknownRun", testSamplesUnknown},
		{"Bounds", testSamplesBounds},
		{"Reset", testSamplesReset},
		{"WakeNobody", testSamplesWakeNobody},
	}
}

func (r *batch) save(seq uint32, block string) {
	r.b.Helper()
	r.b.ok("SaveSamples", r.b.s.SaveSamples(r.b.ctx, r.run.ID, seq, []byte(block)))
	r.b.recount()
}

// saved fails the test unless the run has exactly these blocks.
func (r *batch) saved(what string, want ...string) {
	r.b.Helper()
	blocks, err := r.b.s.Samples(r.b.ctx, r.run.ID)
	r.b.ok("Samples", err)
	var got []string
	for _, block := range blocks {
		got = append(got, string(block))
	}
	if !slices.Equal(got, want) {
		r.b.Errorf("Samples %s = %q, want %q", what, got, want)
	}
}

// samplesInOrder saves blocks of two runs in no order.
func (b *bed) samplesInOrder(restart func()) {
	r, other := b.begin(), b.begin(standing)
	r.saved("of a run without any")
	for _, seq := range []uint32{256, 1, 0, 1 << 31, 255, 2} {
		r.save(seq, strings.Repeat("x", int(seq%9)+1))
	}
	other.save(0, "other")
	want := []string{"x", "xx", "xxx", "xxxx", "xxxxx", "xxx"}
	r.saved("", want...)
	restart()
	r.saved("after a restart", want...)
	other.saved("of the other run after a restart", "other")
}

func testSamplesReplaced(b *bed) {
	r := b.begin()
	r.save(0, "a")
	r.save(1, "b")
	r.save(0, "longer than before")
	r.saved("", "longer than before", "b")
	b.reopen()
	r.saved("after a restart", "longer than before", "b")
}

// testSamplesCopied: neither side keeps what the other has.
func testSamplesCopied(b *bed) {
	r := b.begin()
	given := []byte("given")
	b.ok("SaveSamples", b.s.SaveSamples(b.ctx, r.run.ID, 0, given))
	copy(given, "GIVEN")
	r.saved("", "given")
	blocks, err := b.s.Samples(b.ctx, r.run.ID)
	b.ok("Samples", err)
	copy(blocks[0], "taken")
	r.saved("", "given")
}

func testSamplesOfEndedRun(b *bed) {
	r := b.begin()
	r.save(0, "before")
	r.cancel(store.CancelOptions{})
	r.save(1, "after") // what was seen of its end comes after it
	r.saved("", "before", "after")
}

func testSamplesUnknown(b *bed) {
	b.begin()
	unknown := order.NewRunID(epoch().UnixMilli(), 99)
	b.is("SaveSamples of an unknown run", b.s.SaveSamples(b.ctx, unknown, 0, []byte("x")), order.ErrNotFound)
	blocks, err := b.s.Samples(b.ctx, unknown)
	if len(blocks) != 0 || err != nil {
		b.Errorf("Samples of an unknown run = %q, %v; want none", blocks, err)
	}
}

func testSamplesBounds(b *bed) {
	r := b.begin()
	for _, block := range [][]byte{nil, {}, make([]byte, store.MaxSamples+1)} {
		b.is("SaveSamples of a block that is not allowed", b.s.SaveSamples(b.ctx, r.run.ID, 0, block), order.ErrInvalid)
	}
	r.saved("after refused ones")
	largest := bytes.Repeat([]byte("x"), store.MaxSamples)
	b.ok("SaveSamples of the largest block", b.s.SaveSamples(b.ctx, r.run.ID, 0, largest))
	r.saved("", string(largest))
}

func testSamplesReset(b *bed) {
	r := b.begin()
	r.save(0, "x")
	b.reset()
	r.saved("after Reset")
	b.is("SaveSamples after Reset", b.s.SaveSamples(b.ctx, r.run.ID, 1, []byte("x")), order.ErrNotFound)
	b.reopen()
	r.saved("after Reset and a restart")
}

// testSamplesWakeNobody saves often: a store that others share may report a moment late
// what was changed before.
func testSamplesWakeNobody(b *bed) {
	r := b.begin()
	for range 50 {
		changed := b.s.Changed()
		r.save(0, "x")
		select {
		case <-changed:
		default:
			return
		}
	}
	b.Error("SaveSamples closes the channel of Changed each time, want nobody woken")
}
