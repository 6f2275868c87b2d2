package fleetkit

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/client"
)

// patience guards against hanging; nothing is expected to take nearly as long.
const patience = 2 * time.Minute

// build builds the binary as people get it.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "filavip.exe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, "../../cmd/filavip")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// process is the binary under way.
type process struct {
	name   string
	given  []string // as arguments
	cmd    *exec.Cmd
	client *client.Client // of its API; nil for a worker
	ready  chan string    // gets the URL, or the name of a worker, once it works
	done   chan struct{}  // closed once it has ended

	mu     sync.Mutex // guards what follows
	stderr strings.Builder
	err    error // how it ended
}

// launch starts the binary. It is ready later.
func launch(cmd *exec.Cmd, name string) (*process, error) {
	p := &process{name: name, cmd: cmd, ready: make(chan string, 1), done: make(chan struct{})}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = attributes()
	started := make(chan error)
	go p.run(stderr, started)
	return p, <-started
}

// run starts the process and waits for its end, all on one thread: Linux kills a process
// that is to die with its parent when the parent's thread that started it ends.
func (p *process) run(stderr io.Reader, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	working := regexp.MustCompile(`^(?:Serving on|Working as) (\S+)`)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if found := working.FindStringSubmatch(lines.Text()); found != nil {
			p.ready <- found[1]
		}
		p.mu.Lock()
		p.stderr.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
	}
	err = p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// await waits until the process works, and returns false if it has ended instead.
func (p *process) await(t *testing.T) bool {
	t.Helper()
	select {
	case where := <-p.ready:
		if strings.HasPrefix(where, "http") {
			var err error
			if p.client, err = client.New(where, client.Options{Timeout: patience}); err != nil {
				t.Fatalf("client of %s: %v", p.name, err)
			}
			t.Cleanup(p.client.CloseIdleConnections)
		}
		return true
	case <-p.done:
		return false
	case <-time.After(patience):
		t.Fatalf("%s does not work yet:\n%s", p.name, p.said())
		return false
	}
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// ended says whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// killed says whether the process has ended, or is just about to: its connections end
// first.
func (p *process) killed() bool {
	select {
	case <-p.done:
		return true
	case <-time.After(time.Second):
		return false
	}
}

// kill ends the process with SIGKILL and returns false if it had ended by itself, which
// none of them is to do.
func (p *process) kill() bool {
	alive := !p.ended()
	_ = p.cmd.Process.Kill() // it may have ended this moment
	<-p.done
	return alive
}

// stop ends the process in order and returns how it ended.
func (p *process) stop() error {
	wake(p.cmd.Process)
	terminate(p.cmd.Process)
	select {
	case <-p.done:
	case <-time.After(patience):
		p.kill()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
