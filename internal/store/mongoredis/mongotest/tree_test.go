package mongotest

import (
	"cmp"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// TestTree does the same to a tree and to a sorted slice.
func TestTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := newTree()
		var model []string
		key := rapid.StringMatching(`[a-c]{1,6}`)
		insert := func(k string) {
			if at, found := slices.BinarySearch(model, k); !found {
				model = slices.Insert(model, at, k)
				tr.insert(k, &record{id: k})
			}
		}
		remove := func(k string) {
			if at, found := slices.BinarySearch(model, k); found {
				model = slices.Delete(model, at, at+1)
			}
			tr.remove(k)
		}
		for _, k := range rapid.SliceOfN(key, 0, 1200).Draw(r, "first") {
			insert(k)
		}
		for _, k := range rapid.SliceOfN(key, 0, 1200).Draw(r, "removed") {
			remove(k)
		}
		for _, k := range rapid.SliceOfN(key, 0, 100).Draw(r, "last") {
			insert(k)
		}
		low, high := rapid.StringMatching(`[a-c]{0,3}`).Draw(r, "low"), rapid.StringMatching(`[a-c]{0,3}`).Draw(r, "high")
		var want, up, down []string
		for _, k := range model {
			if k >= low && (high == "" || k < high) {
				want = append(want, k)
			}
		}
		tr.ascend(low, high, func(k string, rec *record) bool {
			if rec.id != k {
				r.Errorf("%q has the record of %q", k, rec.id)
			}
			up = append(up, k)
			return true
		})
		tr.descend(low, high, func(k string, _ *record) bool {
			down = append(down, k)
			return true
		})
		slices.Reverse(down)
		if !slices.Equal(up, want) || !slices.Equal(down, want) {
			r.Errorf("from %q to %q:\n-want +ascend:\n%s\n-want +descend:\n%s", low, high, gocmp.Diff(want, up), gocmp.Diff(want, down))
		}
	})
}

// TestKeysSort: encoded values sort as MongoDB says that values do.
func TestKeysSort(t *testing.T) {
	t.Parallel()
	sorted := []any{
		bson.MinKey{}, bson.Undefined{}, nil, math.NaN(), math.Inf(-1), int64(math.MinInt64), -1.5, int32(-1), 0.0, 0.1, int64(1), 1.5,
		int64(1<<53 - 1), float64(1 << 53), int64(1<<53 + 1), int64(math.MaxInt64), float64(1 << 63), math.Inf(1),
		"", "\x00", "\x00a", "a", "a\x00", "a\x00b", "aa", "b",
		bson.D{}, bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 0}}, bson.D{{Key: "a", Value: 2}}, bson.D{{Key: "b", Value: 0}}, bson.D{{Key: "a", Value: ""}},
		bson.A{}, bson.A{1}, bson.A{1, 1}, bson.A{2}, bson.A{"a"},
		bson.Binary{Data: []byte{9}}, bson.Binary{Subtype: 4, Data: []byte{1}}, bson.Binary{Data: []byte{0, 0}},
		bson.ObjectID{1}, bson.ObjectID{2}, false, true, bson.DateTime(-1), bson.DateTime(0), bson.DateTime(1),
		bson.Timestamp{T: 1, I: 9}, bson.Timestamp{T: 2}, bson.Regex{Pattern: "a"}, bson.MaxKey{},
	}
	vals := make([]value, len(sorted))
	for i, v := range sorted {
		doc, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
		if err != nil || !valid(doc, 0) {
			t.Fatalf("marshal %v: %v", v, err)
		}
		vals[i] = field(doc, "v")
	}
	for i, left := range vals {
		for j, right := range vals {
			if got := compare(left, right); cmp.Compare(got, 0) != cmp.Compare(i, j) {
				t.Errorf("compare(%v, %v) = %d", sorted[i], sorted[j], got)
			}
			a, b := string(appendKey(nil, left)), string(appendKey(nil, right))
			if cmp.Compare(a, b) != cmp.Compare(i, j) {
				t.Errorf("keys of %v and %v: %q, %q", sorted[i], sorted[j], a, b)
			}
			if i != j && len(a) < len(b) && b[:len(a)] == a {
				t.Errorf("the key of %v starts that of %v", sorted[i], sorted[j])
			}
		}
	}
}

// TestNumbersOfAllTypes: equal numbers have equal keys.
func TestNumbersOfAllTypes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.Int32().Draw(r, "n")
		want := string(appendKey(nil, int32Value(n)))
		if string(appendKey(nil, int64Value(int64(n)))) != want || string(appendKey(nil, doubleValue(float64(n)))) != want {
			r.Errorf("%d has several keys", n)
		}
		x, y := rapid.Int64().Draw(r, "x"), rapid.Int64().Draw(r, "y")
		if got := compare(int64Value(x), int64Value(y)); cmp.Compare(got, 0) != cmp.Compare(x, y) {
			r.Errorf("compare(%d, %d) = %d", x, y, got)
		}
	})
}
