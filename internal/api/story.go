package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

func (a *API) registerStory() {
	handle(a, route{
		method: http.MethodGet, paths: []string{"/pedidos/{id}/story"}, id: "get-order-story", tag: "orders",
		summary: "One order with what is known of its way",
		more:    "Only what is stored is told: when its run began, the failures of what is or was a dead letter, and how it ended.",
		params:  []parameter{inPath{name: "id", doc: "The order's UUID, or the id its customer gave it."}},
		errors:  []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, a.getStory)
}

func (a *API) getStory(ctx context.Context, req *request) (*body[wire.Story], error) {
	id := req.http.PathValue("id")
	o, err := a.findOrder(ctx, id)
	if errors.Is(err, order.ErrNotFound) {
		return nil, refuse(notFound, textNoOrder, cut(id))
	}
	if err != nil {
		return nil, err
	}
	letter, err := a.opts.Store.DeadLetter(ctx, o.Key)
	t := teller{texts: &a.texts, lang: languageOf(req.http)}
	switch {
	case errors.Is(err, order.ErrNotFound):
		t.tell(&o, nil)
	case err != nil:
		return nil, fmt.Errorf("read the story of order %s: %w", o.Key, err)
	default:
		o = letter.Order // of the same instant as the letter
		t.tell(&o, &letter)
		shown := newDeadLetter(&letter)
		t.story.DeadLetter = &shown
	}
	t.story.Order = wire.NewOrder(&o)
	return &body[wire.Story]{t.story}, nil
}

// teller puts an order's story together.
type teller struct {
	texts *dictionaries
	lang  language
	story wire.Story
}

// add adds an event; a zero instant is one that is not kept.
func (t *teller) add(kind string, at time.Time, attempts int, name text, args ...any) {
	t.story.Events = append(t.story.Events, wire.StoryEvent{
		At: wire.At(at), Kind: kind, Attempts: attempts, Text: t.texts.say(t.lang, name, args...),
	})
}

// tell tells what is known, in the order in which it happened.
func (t *teller) tell(o *order.Order, letter *store.DeadLetter) {
	t.add(wire.StoryAccepted, o.Key.Run().Started(), 0, textStoryAccepted, o.Key.Index(), o.Key.Run())
	if letter != nil {
		t.failures(o, letter)
	}
	switch o.Status {
	case order.Processed:
		t.add(wire.StoryProcessed, o.ProcessedAt, o.Attempts, textStoryProcessed, o.Attempts)
	case order.Removed:
		t.add(wire.StoryRemoved, o.ProcessedAt, 0, textStoryRemoved)
	case order.Pending:
		t.add(wire.StoryWaiting, time.Time{}, 0, textStoryWaiting)
	case order.Dead:
		if letter == nil {
			t.add(wire.StoryDead, o.ProcessedAt, o.Attempts, textStoryDead, o.Attempts, o.Reason)
		}
	}
}

// failures tells of the last time that an order used up its attempts. Of the times before
// it, only how many there were is known; of an order that was removed, not even whether
// it was put back once more in between.
func (t *teller) failures(o *order.Order, letter *store.DeadLetter) {
	before := letter.Redriven
	if o.Status == order.Pending || o.Status == order.Processed {
		before-- // the last time it was put back is why it is no dead letter now
	}
	if before > 0 {
		t.add(wire.StoryRedriven, time.Time{}, 0, textStoryRedriven, before)
	}
	if letter.First.Before(letter.Last) {
		t.add(wire.StoryFailed, letter.First, 0, textStoryFailed)
	}
	why := letter.Group
	if o.Status == order.Dead {
		why = o.Reason
	}
	t.add(wire.StoryDead, letter.Last, letter.Attempts, textStoryDead, letter.Attempts, why)
	if before < letter.Redriven {
		t.add(wire.StoryRedriven, time.Time{}, 0, textStoryRedriven, 1)
	}
}
