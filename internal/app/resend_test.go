package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
)

// TestCorrectedFileShips: a file that was to be taken all or none failed behind its first
// chunk; corrected and sent again, all of it is shipped.
func TestCorrectedFileShips(t *testing.T) {
	t.Parallel()
	dir := data(t)
	var b strings.Builder
	const good = 12_000 // more than a chunk
	for i := range good {
		fmt.Fprintf(&b, `{"id":"ref-%d","cliente":"Cliente %d","valor":1.50,"tier":"GOLD"}`+"\n", i, i)
	}
	last := func(valor string) string {
		return write(t, b.String()+`{"id":"last","cliente":"x","valor":`+valor+`,"tier":"GOLD"}`+"\n")
	}
	run, counts := imports(t, dir, app.Options{}, last(`"much"`), true)
	if run.Phase != order.Failed || counts.Processed() != 0 || counts.Removed() == 0 {
		t.Fatalf("strict run ended in %v with %+v, want refused, with orders that were stored before", run.Phase, counts)
	}
	run, counts = imports(t, dir, app.Options{}, last("2"), true)
	if run.Phase != order.Done || counts.Processed() != good+1 {
		t.Errorf("the corrected file ended in %v with %d of %d orders shipped", run.Phase, counts.Processed(), good+1)
	}
	verified(t, dir)
	if _, counts = imports(t, dir, app.Options{}, last("2"), true); counts.Generated() != 0 {
		t.Errorf("sent a third time, %d orders were taken again", counts.Generated())
	}
}
