package logbook

import "github.com/filavip/filavip/internal/metrics"

type counters struct {
	lines    *metrics.CounterVec
	lost     *metrics.Counter
	failures *metrics.Counter
}

func newCounters(r *metrics.Registry) counters {
	var values []string
	for _, c := range classes() {
		values = append(values, c.String())
	}
	return counters{
		lines: r.CounterVec("filavip_log_lines_total",
			"Log lines of level info and above.", metrics.OneOf("level", values...)),
		lost: r.Counter("filavip_log_lost_lines_total",
			"Log lines that are missing in the log files because these could not be written, or not fast enough."),
		failures: r.Counter("filavip_log_write_failures_total",
			"Failed operations on log files."),
	}
}
