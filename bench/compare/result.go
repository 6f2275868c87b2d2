package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is all that was measured.
type result struct {
	Header   header                `json:"header"`
	Orders   int64                 `json:"orders"`
	Rates    rates                 `json:"rates"`
	Runs     map[string][]measured `json:"runs"`
	Failures map[string]string     `json:"failures,omitempty"` // of contenders that could not be measured
}

// check returns an error if something could not be measured.
func (r *result) check() error {
	for _, name := range contenders() {
		if why := r.Failures[name]; why != "" {
			return fmt.Errorf("%s was not measured: %s", name, why)
		}
	}
	return nil
}

func (r *result) print(w io.Writer, output string) error {
	if output == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	_, err := io.WriteString(w, r.markdown())
	return err
}

// markdown is the result as a document for people.
func (r *result) markdown() string {
	var w strings.Builder
	h := r.Header
	fmt.Fprintf(&w, "Database: %s  \nRedis: %s  \nMachine: %s  \nGo %s; Node %s; commit %s\n\n", h.Database, h.Redis, h.Machine, h.Go, h.Node, h.Commit)
	fmt.Fprintf(&w, "%s orders a run, a quarter VIP; medians. Processing is of stored orders: Bull's from the first order\n", grouped(r.Orders))
	fmt.Fprintf(&w, "handed out to the last one settled, filavip's from the call that lets it begin until a client sees the run DONE.\nThe whole run has generating, storing and enqueuing in it, before the processing.\n\n")
	fmt.Fprintln(&w, "| | runs | processing, orders/s | times | whole run, orders/s | times | NORMAL begun before the last VIP |")
	fmt.Fprintln(&w, "|---|---:|---:|---:|---:|---:|---:|")
	base := r.Runs[contenders()[0]]
	for _, name := range contenders() {
		runs := r.Runs[name]
		if why := r.Failures[name]; why != "" {
			fmt.Fprintf(&w, "| %s | not measured: %s | | | | | |\n", describe(name), strings.ReplaceAll(why, "\n", " "))
		}
		if len(runs) == 0 {
			continue
		}
		fmt.Fprintf(&w, "| %s | %d | %s | %s | %s | %s | %s |\n", describe(name), len(runs),
			rate(r.Orders, median(runs, processing)), times(base, runs, processing),
			rate(r.Orders, median(runs, whole)), times(base, runs, whole),
			grouped(median(runs, func(m measured) int64 { return m.Overtaken })))
	}
	fmt.Fprintf(&w, "\nThe database by itself, documents/s, through the Go driver:\n\n")
	fmt.Fprintf(&w, "| updateOne, conditional, 25 in flight | bulkWrite of 1,000 such, 4 in flight | updateMany of 1,000, 4 in flight | insertMany of 10,000 |\n|---:|---:|---:|---:|\n")
	fmt.Fprintf(&w, "| %s | %s | %s | %s |\n", grouped(int64(r.Rates.Update)), grouped(int64(r.Rates.Bulk)), grouped(int64(r.Rates.UpdateMany)), grouped(int64(r.Rates.Insert)))
	return w.String()
}

func processing(m measured) time.Duration { return m.Processing }
func whole(m measured) time.Duration      { return m.Whole }

// times says how many times as fast as the base the runs are.
func times(base, runs []measured, of func(measured) time.Duration) string {
	if len(base) == 0 || median(runs, of) <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", median(base, of).Seconds()/median(runs, of).Seconds())
}

// median returns the middle one of what f finds in the runs; of two, the greater.
func median[T ~int64](runs []measured, f func(measured) T) T {
	all := make([]T, len(runs))
	for i, m := range runs {
		all[i] = f(m)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// rate returns orders per second.
func rate(n int64, d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return grouped(int64(float64(n) / d.Seconds()))
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
