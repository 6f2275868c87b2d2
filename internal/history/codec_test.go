package history

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
)

// samplePoints are points with all there may be, and with nothing.
func samplePoints() []point {
	settle := metrics.Distribution{Bounds: metrics.DefaultBounds(), Counts: make([]uint64, buckets)}
	settle.Counts[0], settle.Counts[16] = 3, maxNumber
	work := metrics.Distribution{Bounds: metrics.DefaultBounds(), Counts: make([]uint64, buckets)}
	work.Counts[7] = 1
	full := point{settle: settle, work: work, Sample: event.Sample{
		At: epoch().Add(123 * time.Microsecond), Over: 98_765 * time.Microsecond, Run: order.NewRunID(5, 5), Phase: order.WaitingNormalDrain,
		Generated: [2]int64{1, 2}, Processed: [2]int64{3, 4}, Dead: [2]int64{5, 6}, Retried: [2]int64{7, 8}, Depth: [2]int64{9, maxNumber},
		Busy: 25, Memory: math.MaxUint64,
	}}
	empty := point{Sample: event.Sample{At: epoch(), Run: full.Run}}
	before1970 := point{Sample: event.Sample{At: time.UnixMicro(-5).UTC(), Run: full.Run}}
	return []point{full, empty, full, before1970}
}

func TestCodec(t *testing.T) {
	t.Parallel()
	for _, want := range [][]point{{}, samplePoints()} {
		got, err := decode(order.NewRunID(5, 5), encode(want))
		if err != nil {
			t.Fatalf("decode = %v", err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(point{})); diff != "" {
			t.Errorf("decoded (-want +got):\n%s", diff)
		}
	}
}

// What version 1 takes for granted about the histograms: whoever changes them makes a
// version 2.
func TestTheBucketsOfVersion1(t *testing.T) {
	t.Parallel()
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	want := []time.Duration{
		ms(0.1), ms(0.25), ms(0.5), ms(1), ms(2.5), ms(5), ms(10), ms(25), ms(50),
		ms(100), ms(250), ms(500), ms(1000), ms(2500), ms(5000), ms(10000),
	}
	if diff := cmp.Diff(want, metrics.DefaultBounds()); diff != "" || len(want)+1 != buckets {
		t.Errorf("DefaultBounds (-version 1 +now):\n%s", diff)
	}
}

func TestTheLargestBlockIsStored(t *testing.T) {
	t.Parallel()
	points := make([]point, blockMax)
	for i := range points {
		points[i] = samplePoints()[0]
		for b := range points[i].settle.Counts {
			points[i].settle.Counts[b], points[i].work.Counts[b] = 1_000_000, 1_000_000
		}
	}
	const limit = 256 << 10 // of the storage contract
	if n := len(encode(points)); n > limit {
		t.Errorf("a block of %d full points has %d bytes, want at most %d", blockMax, n, limit)
	}
}

func TestDamagedBlocks(t *testing.T) {
	t.Parallel()
	good := encode(samplePoints())
	damaged := map[string][]byte{
		"nothing":          nil,
		"another version":  append([]byte{2}, good[1:]...),
		"more behind it":   append(bytes.Clone(good), 0),
		"too many points":  {version, 0xff, 0xff, 0x7f},
		"a count too many": {version, 2, 0},
		"no such phase":    bytes.Replace(encode(samplePoints()[1:2]), []byte{0, 0, 0, 0}, []byte{0, 9, 0, 0}, 1),
		"no such bucket":   append(encode(samplePoints()[1:2])[:len(encode(samplePoints()[1:2]))-1], 1, 17, 1),
		"an empty bucket":  append(encode(samplePoints()[1:2])[:len(encode(samplePoints()[1:2]))-1], 1, 3, 0),
		"a bucket twice":   append(encode(samplePoints()[1:2])[:len(encode(samplePoints()[1:2]))-1], 2, 3, 1, 3, 1),
		"too many buckets": append(encode(samplePoints()[1:2])[:len(encode(samplePoints()[1:2]))-1], 18),
	}
	for i := range good {
		damaged[fmt.Sprint("cut at ", i)] = good[:i]
	}
	for name, block := range damaged {
		if points, err := decode(order.RunID{}, block); !errors.Is(err, order.ErrCorrupt) {
			t.Errorf("%s: decode = %d points, %v; want ErrCorrupt", name, len(points), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(nil))
	f.Add(encode(samplePoints()))
	f.Add([]byte{version, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, block []byte) {
		points, err := decode(order.RunID{}, block)
		if err != nil {
			if !errors.Is(err, order.ErrCorrupt) {
				t.Errorf("decode = %v, want ErrCorrupt", err)
			}
			return
		}
		again, err := decode(order.RunID{}, encode(points))
		if err != nil {
			t.Fatalf("what was decoded does not decode again: %v", err)
		}
		if diff := cmp.Diff(points, again, cmp.AllowUnexported(point{})); diff != "" {
			t.Errorf("decoded, encoded and decoded (-first +second):\n%s", diff)
		}
		for _, p := range folded(points, time.Second) {
			_ = p.sample()
		}
	})
}
