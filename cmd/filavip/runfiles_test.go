package main

import (
	"os"
	"path/filepath"
	"testing"
)

// ordersIn writes a file of orders into a fresh directory and returns both.
func ordersIn(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "in.ndjson")
	if err := os.WriteFile(file, []byte(someOrders), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// TestRejectsWouldOverwriteInput names the input as the file of rejects, in every way.
func TestRejectsWouldOverwriteInput(t *testing.T) {
	t.Parallel()
	dir, file := ordersIn(t)
	link, hard := filepath.Join(dir, "link"), filepath.Join(dir, "hard")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, hard); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	for _, pair := range [][2]string{{file, file}, {file, link}, {link, file}, {file, hard}, {file, filepath.Join(dir, ".", "data", "..", "in.ndjson")}} {
		filavip(t, "run", "--data", data, "--input", pair[0], "--rejects", pair[1]).ends(exitUsage).says("--input", "--rejects", pair[0])
	}
	stdin, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	var out, says buffer
	status := run(t.Context(), []string{"run", "--data", data, "--input", "-", "--rejects", file}, stdin, &out, &says)
	outcome{t, []string{"run < file"}, status, out.String(), says.String()}.ends(exitUsage).says("--input", "--rejects")
	if content, err := os.ReadFile(file); err != nil || string(content) != someOrders {
		t.Errorf("the input has become %q, %v", content, err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("what was refused made a data directory")
	}
}

// TestRunFilesAreCheckedFirst refuses files before a run is begun that would end in ERROR.
func TestRunFilesAreCheckedFirst(t *testing.T) {
	t.Parallel()
	dir, file := ordersIn(t)
	data := filepath.Join(dir, "data")
	for _, tc := range []struct{ input, rejects, flag, value string }{
		{filepath.Join(dir, "none.csv"), "", "--input", "none.csv"},
		{dir, "", "--input", "it is a directory"},
		{"", "", "--input", `""`},
		{file, filepath.Join(dir, "none", "r.ndjson"), "--rejects", "none"},
		{file, filepath.Join(file, "r.ndjson"), "--rejects", "r.ndjson"},
		{file, dir, "--rejects", "it is a directory"},
		{filepath.Join(dir, "none.csv"), filepath.Join(dir, "r.ndjson"), "--input", "none.csv"},
	} {
		args := []string{"run", "--data", data, "--input", tc.input}
		if tc.rejects != "" {
			args = append(args, "--rejects", tc.rejects)
		}
		filavip(t, args...).ends(exitUsage).says(tc.flag+": ", tc.value, "allowed: ")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("what was refused left %q, %v; want the input alone", left, err)
	}
	kept := filepath.Join(dir, "kept.ndjson")
	if err := os.WriteFile(kept, []byte("older rejects\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	filavip(t, "run", "--data", data, "--input", dir, "--rejects", kept).ends(exitUsage)
	if content, err := os.ReadFile(kept); err != nil || string(content) != "older rejects\n" {
		t.Errorf("a run that was refused made %q of older rejects, %v", content, err)
	}
}

// TestRejectsThroughLink writes where a link points, also if that is not there yet.
func TestRejectsThroughLink(t *testing.T) {
	t.Parallel()
	dir, file := ordersIn(t)
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "rejects.ndjson")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	filavip(t, "run", "--data", filepath.Join(dir, "data"), "--input", file, "--rejects", link).ends(exitOK)
	if lines := refusedLines(t, target); len(lines) != 3 {
		t.Errorf("the file of rejects has lines %v, want three", lines)
	}
}
