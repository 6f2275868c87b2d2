package redistest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// errNotInstalled is what a machine without Redis is told.
var errNotInstalled = errors.New("redis-server is not installed; install it: apt-get install redis-server")

// process is a server process under way.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended
}

// launch starts redis-server with its output appended to a file.
func launch(output string, args ...string) (*process, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errNotInstalled, err)
	}
	out, err := os.OpenFile(output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(binary, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = attributes()
	started := make(chan error)
	go p.run(started)
	return p, <-started
}

// run starts the process and waits for its end, all on one thread: Linux kills a process
// that is to die with its parent when the parent's thread that started it ends, and a
// thread that is locked to a goroutine ends no sooner than that.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // how it ended is in its output
	}
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

// kill ends the process at once, with the processes that it has started.
func (p *process) kill() {
	if !p.ended() {
		killGroup(p.cmd.Process)
		<-p.done
	}
}

// stop asks the process to end, and ends it if it does not.
func (p *process) stop() {
	if p.ended() {
		return
	}
	resume(p.cmd.Process)
	terminate(p.cmd.Process)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}
