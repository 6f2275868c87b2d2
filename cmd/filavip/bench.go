package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/config"
)

const benchLong = `Measure whole runs, each in a process and a directory of its own.

Every run generates, stores, processes and settles its orders durably, from
acceptance to DONE. Beside each run the floor is measured: the same orders made,
encoded and appended to a plain file with an fsync for each chunk, and all that
twice, which is the least that any store of this kind can do.

With --clients each run is followed by one that as many clients of the live view watch
from this process, over WebSocket; one in ten of them never reads. After the last run
it waits until the server has cut those off.`

// benchMost is the most orders a benchmark run may have.
const benchMost = 1_000_000_000

// mostClients is how many clients may watch: two files for each, and most systems allow
// few files more by default.
const mostClients = 5_000

// benchFlags say what to measure.
type benchFlags struct {
	quantity string
	runs     string
	seed     uint64
	dir      string
	output   string
	poll     bool
	clients  string
	part     string // of a child process: "run", "watched" or "floor"
}

func newBench(c *console) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine is with it",
		Long:  benchLong,
		Args:  c.noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.part != "" {
				return benchPart(c, cmd, &f)
			}
			return bench(c, cmd, &f)
		},
	}
	cmd.Flags().StringVarP(&f.quantity, "quantity", "n", "1000000", "orders in each run")
	cmd.Flags().StringVar(&f.runs, "runs", "5", "runs to take the median of")
	cmd.Flags().Uint64Var(&f.seed, "seed", 42, "number that decides every order")
	cmd.Flags().BoolVar(&f.poll, "poll", false, "serve the API too, and ask for the status 200 times a second from outside")
	cmd.Flags().StringVar(&f.clients, "clients", "0", "clients that watch a second run of each round live, up to 5000")
	cmd.Flags().StringVar(&f.dir, "dir", "", "directory to make the data directories in (default: that of temporary files)")
	cmd.Flags().StringVar(&f.part, "part", "", "what a child process measures")
	cmd.Flags().Lookup("part").Hidden = true
	addOutput(cmd, &f.output)
	bindSettings(cmd, config.Storage, config.Queue)
	cmd.Flags().Lookup("data").Hidden = true
	return cmd
}

// measuredRun is what one child process reports of its run.
type measuredRun struct {
	app.Measured
	PeakRSS int64       `json:"peakRss"` // bytes; 0 where the system does not tell
	Polled  *app.Polled `json:"polled,omitempty"`

	Watched *app.Watched `json:"watched,omitempty"`
}

// benched is the whole result.
type benched struct {
	Build build         `json:"build"`
	Runs  []measuredRun `json:"runs"`
	// Watched are the runs that clients watched, one behind each of Runs.
	Watched []measuredRun       `json:"watched,omitempty"`
	Floors  []app.MeasuredFloor `json:"floors"`
}

func bench(c *console, cmd *cobra.Command, f *benchFlags) error {
	if err := checkOutput(f.output); err != nil {
		return err
	}
	runs, err := strictInt(f.runs, 1000)
	if err != nil {
		return withStatus(exitUsage, fmt.Errorf("--runs: %w", err))
	}
	if _, err := strictInt(f.quantity, benchMost); err != nil {
		return withStatus(exitUsage, fmt.Errorf("--quantity: %w", err))
	}
	clients, err := wholeNumber("clients", f.clients, 0, mostClients)
	if err != nil {
		return err
	}
	if f.poll && clients > 0 {
		return withStatus(exitUsage, errors.New("--poll and --clients measure two things; give one of the two"))
	}
	if _, err := loadSettings(c, cmd); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result := benched{Build: readBuild()}
	for i := range runs {
		run, err := benchRun(ctx, c, f)
		if err != nil {
			return err
		}
		if clients > 0 {
			watched, err := benchWatched(ctx, c, f, int(clients), i == runs-1)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.err, "run %d of %d with %s: %s orders/s, %d MB\n", i+1, runs, counted(clients, "client"),
				rate(watched.Orders, watched.Wall), watched.PeakRSS/1e6)
			result.Watched = append(result.Watched, watched)
		}
		floor, err := benchFloor(ctx, c, f)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.err, "run %d of %d: %s orders/s, %d MB, floor %s orders/s\n", i+1, runs,
			rate(run.Orders, run.Wall), run.PeakRSS/1e6, rate(floor.Orders, floor.Wall))
		result.Runs = append(result.Runs, run)
		result.Floors = append(result.Floors, floor)
	}
	if err := show(c, f.output, result, func(w io.Writer) error { return printBench(w, &result) }); err != nil {
		return err
	}
	return result.check()
}

// check returns an error if what was measured cannot be right.
func (b *benched) check() error {
	for i, r := range slices.Concat(b.Runs, b.Watched) {
		if r.Digest != b.Runs[0].Digest {
			return withStatus(exitDamaged, fmt.Errorf("run %d ended with digest %v, run 1 with %v, and the seed is the same", i+1, r.Digest, b.Runs[0].Digest))
		}
		if r.Polled != nil && len(r.Polled.Wrong) > 0 {
			return withStatus(exitDamaged, fmt.Errorf("run %d gave an answer that cannot be true: %s", i+1, r.Polled.Wrong[0]))
		}
		if r.Watched != nil && r.Watched.Lost > 0 {
			return withStatus(exitDamaged, fmt.Errorf("%s did not reach clients that read all along", counted(r.Watched.Lost, "phase change")))
		}
	}
	return nil
}
