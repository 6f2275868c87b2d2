package storetest

import (
	"context"
	"errors"
)

func contextTests() []test {
	return []test{{"Cancelled", testCancelledContext}}
}

// testCancelledContext makes every call with a context that has ended. The call may
// still succeed; if not, it says why, the store is as sound as before, and the call can
// be repeated.
func testCancelledContext(b *bed) {
	ended, cancel := context.WithCancel(b.ctx)
	cancel()
	for name := range b.calls(b.spread()) {
		b.reset()
		call := b.calls(b.spread())[name]
		err := call(ended)
		b.recount()
		if err == nil {
			continue
		}
		if !errors.Is(err, context.Canceled) {
			b.Errorf("%s with a context that has ended = %v, want nil or %v", name, err, context.Canceled)
		}
		b.ok(name+" again", call(b.ctx))
		b.recount()
	}
}
