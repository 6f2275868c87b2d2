package mongoredis

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
)

// blockDoc is the document of a block. Instants are nanoseconds since 1970, 0 for none.
type blockDoc struct {
	ID      string      `bson:"_id"`
	Version int64       `bson:"v"`
	Stamp   int64       `bson:"stamp"`
	Run     bson.Binary `bson:"run"`
	Lane    int         `bson:"lane"`
	First   int64       `bson:"first"`
	Open    bool        `bson:"open"`
	Void    bool        `bson:"void"`

	Generated int64  `bson:"generated"`
	Processed int64  `bson:"processed"`
	Dead      int64  `bson:"dead"`
	Removed   int64  `bson:"removed"`
	Waiting   int64  `bson:"waiting"`
	Delayed   int64  `bson:"delayed"`
	Claimed   int64  `bson:"claimed"`
	Ready     int64  `bson:"parts_waiting"`
	Late      int64  `bson:"parts_delayed"`
	Held      int64  `bson:"parts_claimed"`
	Begun     *int64 `bson:"begun,omitempty"`
	Settled   *int64 `bson:"settled,omitempty"`

	Accepted words `bson:"accepted"`
	Sum      words `bson:"sum"`

	Next   int         `bson:"next"`
	Parts  []partDoc   `bson:"parts"`
	Buried []byte      `bson:"buried"`
	Todo   []changeDoc `bson:"todo"`
}

type partDoc struct {
	Number   int        `bson:"n"`
	Late     bool       `bson:"late,omitempty"`
	After    bool       `bson:"after,omitempty"`
	Due      int64      `bson:"due,omitempty"`
	Attempts int        `bson:"attempts"`
	Strikes  int        `bson:"strikes,omitempty"`
	Indexes  []byte     `bson:"indexes"`
	Since    int64      `bson:"since"`
	Holder   *holderDoc `bson:"holder,omitempty"`
}

type holderDoc struct {
	Token  string `bson:"token"`
	Node   string `bson:"node"`
	Worker string `bson:"worker"`
	At     int64  `bson:"at"`
	Entry  string `bson:"entry"`
}

type changeDoc struct {
	Kind     int    `bson:"kind"`
	Nonce    string `bson:"nonce"`
	Version  int64  `bson:"v"`
	Token    string `bson:"token,omitempty"`
	Attempts int    `bson:"attempts"`
	At       int64  `bson:"at"`
	Reason   string `bson:"reason,omitempty"`
	Indexes  []byte `bson:"indexes"`
}

// words is a digest as four words of 32 bits, highest first, which a server can sum up
// without an overflow.
type words struct {
	A int64 `bson:"a"`
	B int64 `bson:"b"`
	C int64 `bson:"c"`
	D int64 `bson:"d"`
}

func wordsOf(d order.Digest) words {
	return words{int64(d.Hi >> 32), int64(d.Hi & 0xffffffff), int64(d.Lo >> 32), int64(d.Lo & 0xffffffff)}
}

// digest returns the digest of words, or of a sum of them.
func (w words) digest() order.Digest {
	d := order.Digest{Lo: uint64(w.D)}
	d = d.Add(order.Digest{Hi: uint64(w.C) >> 32, Lo: uint64(w.C) << 32})
	return d.Add(order.Digest{Hi: uint64(w.B)}).Add(order.Digest{Hi: uint64(w.A) << 32})
}

// nanos returns an instant as documents have it.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// instant is the inverse of nanos.
func instant(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

func nanosOrNil(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixNano())
}

// uuid returns an ID as documents have it.
func uuid(id [16]byte) bson.Binary {
	return bson.Binary{Subtype: bson.TypeBinaryUUID, Data: id[:]}
}

// doc returns the block's document.
func (b *block) doc() blockDoc {
	c := b.tally()
	d := blockDoc{
		ID: string(b.id), Version: b.version, Stamp: b.stamp, Run: uuid(b.run), Lane: int(b.lane), First: int64(b.first),
		Open: b.open(), Void: b.void,
		Generated: c.Generated, Processed: c.Processed, Dead: c.Dead, Removed: c.Removed,
		Waiting: c.Waiting, Delayed: c.Delayed, Claimed: c.Claimed,
		Begun: nanosOrNil(c.First), Settled: nanosOrNil(c.Last),
		Accepted: wordsOf(c.Accepted), Sum: wordsOf(c.Settled),
		Next: b.next, Buried: pack(b.buried), Parts: []partDoc{}, Todo: []changeDoc{},
	}
	for i := range b.parts {
		p := &b.parts[i]
		switch {
		case p.holder != nil:
			d.Held++
		case p.late:
			d.Late++
		default:
			d.Ready++
		}
		d.Parts = append(d.Parts, p.doc())
	}
	for i := range b.todo {
		d.Todo = append(d.Todo, b.todo[i].doc())
	}
	return d
}

func (p *part) doc() partDoc {
	d := partDoc{
		Number: p.number, Late: p.late, After: p.after, Due: nanos(p.due), Attempts: p.attempts, Strikes: p.strikes,
		Indexes: pack(p.indexes), Since: nanos(p.since),
	}
	if h := p.holder; h != nil {
		d.Holder = &holderDoc{h.token, h.node, h.worker, nanos(h.at), h.entry}
	}
	return d
}

func (c *change) doc() changeDoc {
	return changeDoc{int(c.kind), c.nonce, c.version, c.token, c.attempts, nanos(c.at), c.reason, pack(c.indexes)}
}

// block is the inverse of doc.
func (d *blockDoc) block() (*block, error) {
	b := &block{
		id: blockID(d.ID), version: d.Version, stamp: d.Stamp, lane: order.Priority(d.Lane), first: uint64(d.First),
		void: d.Void, next: d.Next,
		counts: order.LaneCounts{
			Generated: d.Generated, Processed: d.Processed, Dead: d.Dead, Removed: d.Removed,
			First: instantOf(d.Begun), Last: instantOf(d.Settled),
			Accepted: d.Accepted.digest(), Settled: d.Sum.digest(),
		},
	}
	copy(b.run[:], d.Run.Data)
	var err error
	if b.buried, err = unpack(d.Buried); err != nil {
		return nil, err
	}
	for i := range d.Parts {
		p, err := d.Parts[i].part()
		if err != nil {
			return nil, err
		}
		b.parts = append(b.parts, p)
	}
	for i := range d.Todo {
		c, err := d.Todo[i].change()
		if err != nil {
			return nil, err
		}
		b.todo = append(b.todo, c)
	}
	return b, nil
}

func instantOf(ns *int64) time.Time {
	if ns == nil {
		return time.Time{}
	}
	return instant(*ns)
}

func (d *partDoc) part() (part, error) {
	indexes, err := unpack(d.Indexes)
	p := part{
		number: d.Number, late: d.Late, after: d.After, due: instant(d.Due), attempts: d.Attempts, strikes: d.Strikes,
		indexes: indexes, since: instant(d.Since),
	}
	if h := d.Holder; h != nil {
		p.holder = &holder{h.Token, h.Node, h.Worker, instant(h.At), h.Entry}
	}
	return p, err
}

func (d *changeDoc) change() (change, error) {
	indexes, err := unpack(d.Indexes)
	return change{
		kind: kind(d.Kind), nonce: d.Nonce, version: d.Version, token: d.Token, attempts: d.Attempts,
		at: instant(d.At), reason: d.Reason, indexes: indexes,
	}, err
}
