package socketio

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time pass on the clock of the synctest bubble that calls it: no test waits.
func pass(d time.Duration) { time.Sleep(d) } // fake: only bubbles call it
