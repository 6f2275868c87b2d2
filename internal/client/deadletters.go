package client

import (
	"context"
	"net/http"

	"github.com/filavip/filavip/internal/wire"
)

// DeadLettersOptions say which page of the dead letters to return. The zero value is the
// first page of all.
type DeadLettersOptions struct {
	Group  string // error group
	ID     string // order
	Limit  int    // dead letters; 0: the server's default
	Cursor string // the NextCursor of the page before
}

// DeadLetters returns one page of the dead letters, oldest order first.
func (c *Client) DeadLetters(ctx context.Context, o DeadLettersOptions) (wire.DeadLetterPage, error) {
	p := params{}
	p.text("group", o.Group)
	p.text("id", o.ID)
	p.positive("limit", int64(o.Limit))
	p.text("cursor", o.Cursor)
	return get[wire.DeadLetterPage](ctx, c, "list dead letters", "/pedidos/queue/dead-letter", p)
}

// DeadLetterGroups counts the dead letters by what they failed of.
func (c *Client) DeadLetterGroups(ctx context.Context) (wire.DeadLetterGroups, error) {
	return get[wire.DeadLetterGroups](ctx, c, "group dead letters", "/pedidos/queue/dead-letter/groups", nil)
}

// DeadSet names dead letters. Exactly one of IDs, Group and All must be given: the server
// refuses any other.
type DeadSet struct {
	IDs    []string // of orders; up to 1,000
	Group  string   // error group
	All    bool
	Limit  int64 // how many at most, oldest order first; 0: all of them
	DryRun bool  // only count
}

// call returns the call that acts on the set. The IDs are too long for a URL.
func (s *DeadSet) call(name, path string) call {
	what := call{name: name, method: http.MethodPost, path: path, query: s.params()}
	if len(s.IDs) > 0 {
		what.body = map[string][]string{"ids": s.IDs}
	}
	return what
}

func (s *DeadSet) params() params {
	p := params{}
	p.text("group", s.Group)
	if s.All {
		p.flag("all", &s.All)
	}
	p.positive("limit", s.Limit)
	if s.DryRun {
		p.flag("dryRun", &s.DryRun)
	}
	return p
}

// RetryDeadLetters puts dead letters back, with their attempts to begin anew.
func (c *Client) RetryDeadLetters(ctx context.Context, s DeadSet) (wire.DeadLettersRetried, error) {
	return ask[wire.DeadLettersRetried](ctx, c, s.call("retry dead letters", "/pedidos/queue/dead-letter/retry"))
}

// DiscardDeadLetters discards dead letters: their orders end removido.
func (c *Client) DiscardDeadLetters(ctx context.Context, s DeadSet) (wire.DeadLettersDiscarded, error) {
	return ask[wire.DeadLettersDiscarded](ctx, c, s.call("discard dead letters", "/pedidos/queue/dead-letter/discard"))
}
