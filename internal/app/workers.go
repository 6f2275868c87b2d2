package app

import (
	"github.com/filavip/filavip/internal/api"
	"github.com/filavip/filavip/internal/queue"
)

// workers shows a pool to the API, which does not know the queue.
type workers struct{ *queue.Pool }

// Activity implements [api.Queue].
func (w workers) Activity() []api.Activity {
	activity := w.Pool.Activity()
	all := make([]api.Activity, len(activity))
	for i, a := range activity {
		all[i] = api.Activity(a)
	}
	return all
}
