package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// stage is one line of the result: what was done, to how many orders, from when to when.
type stage struct {
	name       string
	count      int64
	start, end time.Time
	took       time.Duration
}

// printResult writes a run's result as a table.
func printResult(w io.Writer, run *order.Run, counts order.Counts, s *wire.Status) error {
	fmt.Fprintf(w, "Run %s  %v", run.ID, run.Phase)
	if run.Spec.Kind == order.Generated {
		fmt.Fprintf(w, "  seed %d", run.Spec.Seed)
	}
	fmt.Fprintf(w, "\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\torders\tstart\tend\tms\torders/s\t")
	for _, st := range stages(run, counts, s) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n", st.name, grouped(st.count),
			instant(st.start), instant(st.end), millis(st.took), rate(st.count, st.took))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nVIP %s + NORMAL %s = %s orders", grouped(counts[order.VIP].Generated), grouped(counts[order.Normal].Generated), grouped(counts.Generated()))
	if d := counts.Dead(); d > 0 {
		fmt.Fprintf(w, ", %s of them dead letters", grouped(d))
	}
	if n := counts.Removed(); n > 0 {
		fmt.Fprintf(w, ", %s removed", grouped(n))
	}
	fmt.Fprintln(w)
	if verdict := vipFirst(counts); verdict != "" {
		fmt.Fprintln(w, verdict)
	}
	_, err := fmt.Fprintf(w, "digest %v\n", counts.Digest())
	return err
}

func stages(run *order.Run, counts order.Counts, s *wire.Status) []stage {
	vip, normal := &counts[order.VIP], &counts[order.Normal]
	entered := func(p order.Phase) time.Time { return run.Entered[p] }
	settled := counts.Processed() + counts.Dead()
	return []stage{
		{"generation", counts.Generated(), entered(order.Generating), entered(order.EnqueueVIP), run.Generate},
		{"enqueue VIP", vip.Generated, entered(order.EnqueueVIP), entered(order.WaitingVIPDrain), run.Enqueue[order.VIP]},
		{"VIP", vip.Processed + vip.Dead, vip.First, vip.Last, vip.Last.Sub(vip.First)},
		{"enqueue NORMAL", normal.Generated, entered(order.EnqueueNormal), entered(order.WaitingNormalDrain), run.Enqueue[order.Normal]},
		{"NORMAL", normal.Processed + normal.Dead, normal.First, normal.Last, normal.Last.Sub(normal.First)},
		{"total", settled, time.Time{}, time.Time{}, time.Duration(s.TotalTimeMs) * time.Millisecond},
		{"wall clock", settled, run.Accepted, run.Ended, run.WallClock(run.Ended)},
	}
}

// vipFirst says how the lanes followed each other.
func vipFirst(counts order.Counts) string {
	vip, normal := &counts[order.VIP], &counts[order.Normal]
	if vip.Last.IsZero() || normal.First.IsZero() {
		return ""
	}
	gap := normal.First.Sub(vip.Last)
	if gap < 0 {
		return fmt.Sprintf("VIP FIRST VIOLATED: the first NORMAL started %v before the last VIP was done", -gap)
	}
	return fmt.Sprintf("VIP first: the first NORMAL started %v after the last VIP was done", gap.Round(time.Millisecond))
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("15:04:05.000")
}

func millis(d time.Duration) string { return grouped(d.Round(time.Millisecond).Milliseconds()) }

// leastRated is the shortest time that a rate is worth computing over.
const leastRated = 5 * time.Millisecond

// rate returns orders per second, "-" where the time is too short to divide by.
func rate(n int64, d time.Duration) string { return rateAs(grouped, n, d) }

// rateAs is rate with the number written as that function does.
func rateAs(write func(int64) string, n int64, d time.Duration) string {
	if d < leastRated || n == 0 {
		return "-"
	}
	return write(int64(float64(n) / d.Seconds()))
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted returns how many there are of a thing, such as "1 run" or "2 runs".
func counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}
