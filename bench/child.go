package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// callTimeout bounds every answer of a child.
const callTimeout = 30 * time.Second

// child is this program again, as a server under test or as the publisher. It
// ends when its standard input does, so it can't outlive this process.
type child struct {
	setup
	cmd   *exec.Cmd
	in    io.WriteCloser
	enc   *json.Encoder
	out   chan reply // closed when the child has ended
	said  *tail      // what it wrote to standard error
	clock int32      // of its CPU time
}

// startChild starts a process by start and tells it what to be.
func startChild(s setup, start func(*exec.Cmd) error, files ...*os.File) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &child{setup: s, cmd: exec.Command(self, childArgument), out: make(chan reply), said: &tail{}}
	threads := "GOMAXPROCS=1"
	if s.Kind == kindPublisher {
		threads = "GOMAXPROCS=4" // a thread that sleeps must find its way back at once
	}
	c.cmd.Env = append(os.Environ(), threads)
	c.cmd.ExtraFiles = files
	c.cmd.Stderr = c.said
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	if err := start(c.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Kind, err)
	}
	c.clock = cpuClock(c.cmd.Process.Pid)
	c.enc = json.NewEncoder(c.in)
	go func() {
		defer close(c.out)
		dec := json.NewDecoder(stdout)
		for {
			var r reply
			if dec.Decode(&r) != nil {
				return
			}
			c.out <- r
		}
	}()
	if err := c.enc.Encode(s); err != nil {
		return nil, errors.Join(c.fault(err), c.close())
	}
	return c, nil
}

// call sends a request and waits for its reply.
func (c *child) call(r request) (reply, error) {
	if err := c.enc.Encode(r); err != nil {
		return reply{}, c.fault(err)
	}
	select {
	case a, ok := <-c.out:
		switch {
		case !ok:
			return a, c.fault(errors.New("it has ended"))
		case a.Error != "":
			return a, c.fault(errors.New(a.Error))
		}
		return a, nil
	case <-time.After(callTimeout + r.duration()):
		return reply{}, c.fault(fmt.Errorf("no answer to %q", r.Op))
	}
}

func (c *child) fault(err error) error {
	if text := c.said.text(); text != "" {
		return fmt.Errorf("%s: %w; it said: %s", c.Kind, err, text)
	}
	return fmt.Errorf("%s: %w", c.Kind, err)
}

// close ends the child, by force if it does not follow.
func (c *child) close() error {
	c.in.Close()
	late := time.AfterFunc(5*time.Second, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	for range c.out { // until the child's standard output ends
	}
	if err := c.cmd.Wait(); err != nil {
		return c.fault(err)
	}
	return nil
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	const most = 4096
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if over := len(t.b) - most; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
