package mongotest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// TestObserve: each change is told of once, numbered as they were made, and a write that
// changes nothing is none.
func TestObserve(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	db := connect(t, s)
	var mu sync.Mutex // connections are served side by side
	var told []string
	var last uint64
	s.Observe(func(c mongotest.Change) {
		mu.Lock()
		defer mu.Unlock()
		if c.Seq <= last {
			t.Errorf("change %d comes after change %d", c.Seq, last)
		}
		last = c.Seq
		show := func(raw []byte) string {
			if raw == nil {
				return "-"
			}
			return bson.Raw(raw).Lookup("n").String()
		}
		told = append(told, fmt.Sprintf("%s.%s %s > %s", c.DB, c.Collection, show(c.Before), show(c.After)))
	})
	a, b := db.Collection("a"), db.Collection("b")
	must := func(_ any, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: "1"}}))
	must(b.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: "2"}}))
	must(a.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: "3"}}}}))
	must(a.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: "3"}}}}))
	must(a.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 2}}, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: "3"}}}}))
	must(nil, b.FindOneAndDelete(t.Context(), bson.D{{Key: "_id", Value: 1}}).Err())
	must(a.DeleteMany(t.Context(), bson.D{}))
	s.Observe(nil)
	must(a.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: "4"}}))
	mu.Lock()
	defer mu.Unlock()
	want := []string{`shop.a - > "1"`, `shop.b - > "2"`, `shop.a "1" > "3"`, `shop.b "2" > -`, `shop.a "3" > -`}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("changes (-want +told):\n%s", diff)
	}
}
