package crashkit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// program is the path of the real binary.
type program string

// build builds the binary as people get it.
func build(t *testing.T) program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "filavip.exe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "../../cmd/filavip")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program(path)
}

// command is the program with arguments, in an environment that configures nothing.
func (p program) command(t *testing.T, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), string(p), append(args, "--data", filepath.Join(dir, "data"))...)
	cmd.Dir = dir
	cmd.Env = []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	return cmd
}

// process is a run of the program under way.
type process struct {
	cmd    *exec.Cmd
	phases chan order.Phase // as they are announced; closed once the process has ended
	heard  sync.WaitGroup
	stderr bytes.Buffer // complete once heard is done
}

// run starts the run that args describe, or goes on with it.
func (p program) run(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	proc := &process{
		cmd:    p.command(t, dir, append([]string{"run", "--log-level", "info"}, args...)...),
		phases: make(chan order.Phase, order.PhaseCount+1),
	}
	stderr, err := proc.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", proc.cmd, err)
	}
	proc.heard.Go(func() {
		defer close(proc.phases)
		proc.hear(bufio.NewScanner(stderr))
	})
	return proc
}

func (p *process) hear(lines *bufio.Scanner) {
	announced := regexp.MustCompile(`\] (?:phase run=\S+ from=\S+ to|run resumed run=\S+ phase)=(\S+)`)
	for lines.Scan() {
		p.stderr.WriteString(lines.Text() + "\n")
		found := announced.FindStringSubmatch(lines.Text())
		var phase order.Phase
		if found != nil && phase.UnmarshalText([]byte(found[1])) == nil {
			p.phases <- phase
		}
	}
}

// end waits for the process and returns the last phase that it announced, and how it
// ended.
func (p *process) end(last order.Phase) (order.Phase, error) {
	for phase := range p.phases {
		last = phase
	}
	p.heard.Wait()
	return last, p.cmd.Wait()
}

// checked is what the program's own check prints.
type checked struct {
	store.Report
	Known map[order.RunID]order.Digest `json:"known"` // of runs that are done, from their seeds
}

// seedText is a seed as the program prints it, where a run's document has a number.
var seedText = regexp.MustCompile(`("seed": )"([0-9]+)"`)

// verify runs the program's own check, which must find nothing, and one run.
func (p program) verify(t *testing.T, dir string) checked {
	t.Helper()
	var stderr strings.Builder
	cmd := p.command(t, dir, "verify", "-o", "json")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("verify: %v\n%s%s", err, stderr.String(), out)
	}
	var found checked
	if err := json.Unmarshal(seedText.ReplaceAll(out, []byte("$1$2")), &found); err != nil {
		t.Fatalf("verify printed no JSON: %v\n%s", err, out)
	}
	if !found.Clean() || len(found.Runs) != 1 {
		t.Fatalf("verify found %d problems in %d runs, want none in 1: %q", found.Found, len(found.Runs), found.Problems)
	}
	return found
}

// killed says whether a process was ended by a signal rather than by itself.
func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && !exit.Exited()
}
