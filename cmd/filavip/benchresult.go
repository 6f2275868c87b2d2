package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/filavip/filavip/internal/app"
)

// printBench writes medians over all runs as tables.
func printBench(w io.Writer, b *benched) error {
	first := b.Runs[0]
	fmt.Fprintf(w, "%s, %s VIP, %s, %s %s\n\n", counted(first.Orders, "order"), grouped(first.VIP), counted(int64(len(b.Runs)), "run"), b.Build.Go, b.Build.Platform)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stage\torders/s\tms\tcpu ms\tMB written\tfsyncs\tcommits\t")
	for i, stage := range first.Stages {
		wall := median(b.Runs, func(r measuredRun) time.Duration { return r.Stages[i].Wall })
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", stage.Name, rate(stage.Orders, wall), millis(wall),
			millis(median(b.Runs, func(r measuredRun) time.Duration { return r.Stages[i].CPU })),
			megabytes(median(b.Runs, func(r measuredRun) int64 { return r.Stages[i].Bytes })),
			grouped(median(b.Runs, func(r measuredRun) int64 { return r.Stages[i].Syncs })),
			grouped(median(b.Runs, func(r measuredRun) int64 { return r.Stages[i].Commits })))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printMedians(w, b)
}

func printMedians(w io.Writer, b *benched) error {
	first := b.Runs[0]
	wall := median(b.Runs, func(r measuredRun) time.Duration { return r.Wall })
	fastest := slices.MinFunc(b.Runs, func(x, y measuredRun) int { return cmp.Compare(x.Wall, y.Wall) }).Wall
	slowest := slices.MaxFunc(b.Runs, func(x, y measuredRun) int { return cmp.Compare(x.Wall, y.Wall) }).Wall
	var floors []time.Duration
	for _, f := range b.Floors {
		floors = append(floors, f.Wall)
	}
	slices.Sort(floors)
	floor := floors[len(floors)/2]
	fmt.Fprintf(w, "\nmedian      %s orders/s  (%s ms; fastest %s, slowest %s)\n", rate(first.Orders, wall), millis(wall), millis(fastest), millis(slowest))
	fmt.Fprintf(w, "floor       %s orders/s  (%s ms, %s MB); this is %.2f of it\n", rate(first.Orders, floor), millis(floor),
		megabytes(b.Floors[0].Bytes), floor.Seconds()/wall.Seconds())
	fmt.Fprintf(w, "peak RSS    %s MB\n", megabytes(median(b.Runs, func(r measuredRun) int64 { return r.PeakRSS })))
	fmt.Fprintf(w, "disk        %.1f bytes an order\n", float64(median(b.Runs, func(r measuredRun) int64 { return r.Disk }))/float64(first.Orders))
	printPolled(w, b)
	printWatched(w, b, wall)
	_, err := fmt.Fprintf(w, "digest      %v\n", first.Digest)
	return err
}

// printPolled writes what clients saw, the medians over the runs.
func printPolled(w io.Writer, b *benched) {
	if b.Runs[0].Polled == nil {
		return
	}
	at := func(f func(*app.Polled) time.Duration) time.Duration {
		return median(b.Runs, func(r measuredRun) time.Duration { return f(r.Polled) }).Round(time.Microsecond)
	}
	fmt.Fprintf(w, "status      p50 %v, p99 %v over %d requests\n", at(func(p *app.Polled) time.Duration { return p.P50 }),
		at(func(p *app.Polled) time.Duration { return p.P99 }), b.Runs[0].Polled.Requests)
	fmt.Fprintf(w, "one order   p50 %v, p99 %v over %d requests\n", at(func(p *app.Polled) time.Duration { return p.OrderP50 }),
		at(func(p *app.Polled) time.Duration { return p.OrderP99 }), b.Runs[0].Polled.Orders)
	for _, r := range b.Runs {
		for _, wrong := range r.Polled.Wrong {
			fmt.Fprintf(w, "WRONG       %s\n", wrong)
		}
	}
}

// printWatched writes how the runs went that clients watched; alone is the median of
// those that none did.
func printWatched(w io.Writer, b *benched, alone time.Duration) {
	if len(b.Watched) == 0 {
		return
	}
	wall := median(b.Watched, func(r measuredRun) time.Duration { return r.Wall })
	last := b.Watched[len(b.Watched)-1].Watched
	fmt.Fprintf(w, "watched     %s orders/s with %s, %.0f %% of the speed without; peak RSS %s MB\n",
		rate(b.Watched[0].Orders, wall), counted(int64(last.Clients), "client"), 100*alone.Seconds()/wall.Seconds(),
		megabytes(median(b.Watched, func(r measuredRun) int64 { return r.PeakRSS })))
	events := median(b.Watched, func(r measuredRun) int64 { return r.Watched.Events })
	lost, dropped := int64(0), 0
	for _, r := range b.Watched {
		lost, dropped = lost+r.Watched.Lost, dropped+r.Watched.Dropped
	}
	fmt.Fprintf(w, "            %s events received a run; %d of %s phase changes lost, %s that read dropped\n", grouped(events), lost,
		grouped(int64(len(b.Watched)*(last.Clients-last.Deaf)*last.Phases)), counted(int64(dropped), "client"))
	fmt.Fprintf(w, "            %d of %d that never read were cut off, %v after the last run\n", last.Cut, last.Deaf, last.CutAfter.Round(time.Second))
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f", float64(n)/1e6) }

// median returns the middle one of what f finds in the runs.
func median[T cmp.Ordered](runs []measuredRun, f func(measuredRun) T) T {
	all := make([]T, len(runs))
	for i, r := range runs {
		all[i] = f(r)
	}
	slices.Sort(all)
	return all[len(all)/2]
}
