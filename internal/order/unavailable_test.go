package order

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnavailableServers(t *testing.T) {
	t.Parallel()
	mongo := fmt.Errorf("ping: %w", &UnavailableError{"mongodb", context.DeadlineExceeded})
	redis := &UnavailableError{"redis", errors.New("refused")}
	tests := []struct {
		err  error
		want []string
	}{
		{nil, nil},
		{ErrUnavailable, nil},
		{redis, []string{"redis"}},
		{fmt.Errorf("look: %w", errors.Join(mongo, errors.New("x"), redis)), []string{"mongodb", "redis"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, UnavailableServers(tt.err)); diff != "" {
			t.Errorf("UnavailableServers(%v) (-want +got):\n%s", tt.err, diff)
		}
	}
	if !errors.Is(mongo, ErrUnavailable) || !errors.Is(mongo, context.DeadlineExceeded) || mongo.Error() != "ping: mongodb unavailable: context deadline exceeded" {
		t.Errorf("%v: want it to wrap what it says", mongo)
	}
}
