package mongotest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// numbered is a write with its session and number.
func numbered(session byte, number int64, command bson.D) bson.D {
	id := make([]byte, 16)
	id[0] = session
	return append(command, d("lsid", d("id", bson.Binary{Subtype: 4, Data: id}), "txnNumber", number)...)
}

func TestNumberedWrites(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	add := func() bson.D {
		return d("update", "orders", "updates", a(d("q", d("_id", 1), "u", d("$inc", d("n", 1)), "upsert", true)))
	}
	take := func() bson.D {
		return d("findAndModify", "orders", "query", d("_id", 1), "update", d("$inc", d("n", 1)), "new", true)
	}
	for i, step := range []struct {
		command bson.D
		fails   string
		want    string
	}{
		{numbered(1, 1, add()), "", `{"_id":1,"n":1}`},
		{numbered(1, 1, add()), "", `{"_id":1,"n":1}`},
		{numbered(1, 2, add()), "", `{"_id":1,"n":2}`},
		{numbered(1, 1, add()), "Retryable write with txnNumber 1 is prohibited", `{"_id":1,"n":2}`},
		{numbered(2, 1, add()), "", `{"_id":1,"n":3}`},
		{numbered(2, 2, take()), "", `{"_id":1,"n":4}`},
		{numbered(2, 2, take()), "", `{"_id":1,"n":4}`},
		{numbered(2, 3, d("update", "orders", "updates", a())), "Write batch sizes", `{"_id":1,"n":4}`},
		{numbered(2, 3, add()), "", `{"_id":1,"n":5}`}, // what was refused is not remembered
		{numbered(2, 4, d("find", "orders")), "find is not a retryable write command", `{"_id":1,"n":5}`},
		{append(add(), d("txnNumber", int64(1))...), "requires a session ID", `{"_id":1,"n":5}`},
		{add(), "", `{"_id":1,"n":6}`},
		{add(), "", `{"_id":1,"n":7}`},
	} {
		err := raw(t, s, step.command)
		if (err == nil) != (step.fails == "") || err != nil && !strings.Contains(err.Error(), step.fails) {
			t.Errorf("step %d: %v, want %q", i, err, step.fails)
		}
		if got := all(t, c, d()); !cmp.Equal(got, []string{step.want}) {
			t.Errorf("after step %d: %v, want %s", i, got, step.want)
		}
	}
}

// TestSameAnswerTwice: a repeated insert is told of the same failed statement as before.
func TestSameAnswerTwice(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	s.Inject(mongotest.Fault{Command: "insert", Action: mongotest.CutAfter})
	_, err := c.InsertMany(t.Context(), a(d("_id", 1), d("_id", 2), d("_id", 1)))
	if diff := cmp.Diff([]bson.D{d("index", 2, "code", 11000)}, failed(t, err)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := ids(t, c, d()); got != "1 2" || s.Stats().Inserted != 2 || s.Stats().Repeated != 1 {
		t.Errorf("orders %s, stats %+v", got, s.Stats())
	}
}

// TestUpdateManyIsNotRepeated: a driver does not number what changes many documents.
func TestUpdateManyIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0"})
	c := connect(t, s).Collection("orders")
	many := d("update", "orders", "updates", a(d("q", d(), "u", d("$inc", d("n", 1)), "multi", true)))
	err := c.Database().RunCommand(t.Context(), many).Err()
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(mongotest.Fault{Command: "update", Action: mongotest.CutAfter})
	if _, err := c.UpdateMany(t.Context(), d(), d("$inc", d("n", 1))); err == nil {
		t.Error("a lost answer to UpdateMany was hidden: the driver may not repeat it")
	}
	if got := s.Commands()["update"]; got != 2 {
		t.Errorf("%d update commands, want 2", got)
	}
}
