package mongotest_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// dial opens a connection without a driver.
func dial(t testing.TB, s *mongotest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// send writes a message: its opcode and its body.
func send(t testing.TB, c net.Conn, op uint32, body []byte) {
	t.Helper()
	m := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
	m = append(m, 7, 0, 0, 0, 0, 0, 0, 0)
	m = append(binary.LittleEndian.AppendUint32(m, op), body...)
	if _, err := c.Write(m); err != nil {
		t.Error(err)
	}
}

// receive reads a message.
func receive(c net.Conn) (op uint32, body []byte, err error) {
	var header [16]byte
	if _, err := io.ReadFull(c, header[:]); err != nil {
		return 0, nil, err
	}
	if got := binary.LittleEndian.Uint32(header[8:]); got != 7 {
		return 0, nil, fmt.Errorf("answer to %d", got)
	}
	body = make([]byte, binary.LittleEndian.Uint32(header[:])-16)
	_, err = io.ReadFull(c, body)
	return binary.LittleEndian.Uint32(header[12:]), body, err
}

func marshal(t testing.TB, doc any) []byte {
	t.Helper()
	b, err := bson.Marshal(doc)
	if err != nil {
		t.Error(err)
	}
	return b
}

// raw runs a command in the database shop without a driver and returns its error.
func raw(t testing.TB, s *mongotest.Server, command bson.D) error {
	t.Helper()
	c := dial(t, s)
	send(t, c, 2013, append([]byte{0, 0, 0, 0, 0}, marshal(t, append(command, bson.E{Key: "$db", Value: "shop"}))...))
	_, body, err := receive(c)
	if err != nil {
		return err
	}
	if answer := bson.Raw(body[5:]); answer.Lookup("ok").Double() != 1 {
		return errors.New(answer.Lookup("errmsg").StringValue())
	}
	return nil
}

// TestLegacyHello is the first message of drivers that do not know yet what they talk to.
func TestLegacyHello(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{ReplicaSet: "rs0", Version: "6.0.3"})
	c := dial(t, s)
	body := append([]byte{4, 0, 0, 0}, "admin.$cmd\x00"...)
	body = append(body, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)
	send(t, c, 2004, append(body, marshal(t, d("isMaster", 1, "helloOk", true))...))
	op, answer, err := receive(c)
	if err != nil || op != 1 || binary.LittleEndian.Uint32(answer[16:]) != 1 {
		t.Fatalf("answer %d, %v, %v", op, answer, err)
	}
	doc := bson.Raw(answer[20:])
	for key, want := range map[string]any{"ismaster": true, "helloOk": true, "setName": "rs0", "me": s.Addr(), "maxWireVersion": int32(17), "ok": 1.0, "logicalSessionTimeoutMinutes": int32(30)} {
		var got any
		if err := doc.Lookup(key).Unmarshal(&got); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", key, got, err, want)
		}
	}
}

// TestBrokenMessages: a client that does not speak the protocol is cut, and no other.
func TestBrokenMessages(t *testing.T) {
	t.Parallel()
	s := start(t, mongotest.Options{})
	doc := marshal(t, d("ping", 1, "$db", "shop"))
	broken := append([]byte{}, doc...)
	broken[4] = 0x77
	for name, message := range map[string]struct {
		op   uint32
		body []byte
	}{
		"opcode":             {2012, append([]byte{0, 0, 0, 0, 0}, doc...)},
		"nothing":            {2013, nil},
		"no section":         {2013, []byte{0, 0, 0, 0}},
		"unknown flag":       {2013, append([]byte{4, 0, 0, 0, 0}, doc...)},
		"unknown section":    {2013, append([]byte{0, 0, 0, 0, 9}, doc...)},
		"two bodies":         {2013, append(append(append([]byte{0, 0, 0, 0, 0}, doc...), 0), doc...)},
		"short section":      {2013, append([]byte{0, 0, 0, 0, 0}, doc[:len(doc)-3]...)},
		"broken document":    {2013, append([]byte{0, 0, 0, 0, 0}, broken...)},
		"broken sequence":    {2013, append(append(append([]byte{0, 0, 0, 0, 0}, doc...), 1, 20, 0, 0, 0), make([]byte, 16)...)},
		"query of documents": {2004, append(append([]byte{0, 0, 0, 0}, "shop.orders\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), doc...)},
		"short query":        {2004, []byte{0, 0, 0, 0, 'a'}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, s)
			send(t, c, message.op, message.body)
			if op, body, err := receive(c); err == nil {
				t.Errorf("got the answer %d %q, want to be cut", op, body)
			}
			if err := raw(t, s, d("ping", 1)); err != nil {
				t.Errorf("another client: %v", err)
			}
		})
	}
}

func FuzzMessage(f *testing.F) {
	s := start(f, mongotest.Options{})
	for _, command := range []bson.D{
		d("ping", 1, "$db", "shop"),
		d("insert", "orders", "documents", a(d("_id", 1, "n", a(1, d("x", 2)))), "$db", "shop"),
		d("update", "orders", "updates", a(d("q", d("n.x", d("$gt", 1)), "u", d("$set", d("n.0", 5, "a.b", 1)), "upsert", true)), "$db", "shop"),
		d("update", "orders", "updates", a(d("q", d(), "u", a(d("$set", d("n", d("$add", a("$n", 1))))))), "$db", "shop"),
		d("find", "orders", "filter", d("$or", a(d("a", 1), d("n", d("$elemMatch", d("x", 1))))), "sort", d("n", -1), "$db", "shop"),
		d("aggregate", "orders", "pipeline", a(d("$group", d("_id", "$n", "c", d("$sum", 1)))), "cursor", d(), "$db", "shop"),
		d("createIndexes", "orders", "indexes", a(d("key", d("n", 1), "name", "n")), "$db", "shop"),
	} {
		f.Add(append([]byte{0, 0, 0, 0, 0}, marshal(f, command)...))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := dial(t, s)
		send(t, c, 2013, body)
		c.(*net.TCPConn).CloseWrite()
		receive(c) // an answer or a cut; a panic ends the test
	})
}
