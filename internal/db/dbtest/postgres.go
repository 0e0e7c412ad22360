package dbtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is the one PostgreSQL of a test process.
var server struct {
	sync.Mutex
	bin, dir, url string
	attributes    *syscall.SysProcAttr
	process       *exec.Cmd
	ended         chan struct{} // closed when process has
}

func postgresURL(t testing.TB) string {
	t.Helper()
	server.Lock()
	defer server.Unlock()
	if server.url == "" {
		if err := start(); err != nil {
			t.Fatalf("start PostgreSQL (Debian: apt install postgresql): %v", err)
		}
	}
	return server.url
}

// start makes a cluster in a temporary directory and runs it. It is durable as in
// production but for fsync: what these tests end by force is the client.
func start() (err error) {
	if server.bin, err = binaries(); err != nil {
		return err
	}
	owner, err := unprivileged()
	if err != nil {
		return err
	}
	// It ends with this process, even if that is killed.
	server.attributes = &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGQUIT}
	if server.dir, err = os.MkdirTemp("", "switchyard-pg-"); err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(server.dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	initdb := command("initdb", "-D", "data", "-U", "switchyard", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := run(); err != nil {
		return err
	}
	server.url = "postgres:///postgres?" + url.Values{"host": {server.dir}, "user": {"switchyard"}}.Encode()
	return nil
}

func command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(server.bin, name), args...)
	c.Dir, c.SysProcAttr = server.dir, server.attributes
	return c
}

// run runs the server and returns when it answers.
func run() error {
	server.process = command("postgres", "-D", "data", "-k", server.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=300", "-c", "log_min_messages=fatal")
	var log bytes.Buffer
	server.process.Stderr = &log
	server.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // whose end is what Pdeathsig tells
		err := server.process.Start()
		started <- err
		if err == nil {
			server.process.Wait()
		}
		close(server.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); command("pg_isready", "-q", "-h", server.dir).Run() != nil; {
		select {
		case <-server.ended:
			return fmt.Errorf("it ended: %s", log.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.New("it is not ready after 30 s")
		}
	}
	return nil
}

// end ends the server with a signal.
func end(s os.Signal) {
	server.process.Process.Signal(s)
	select {
	case <-server.ended:
	case <-time.After(10 * time.Second):
		server.process.Process.Kill()
		<-server.ended
	}
}

func stop() error {
	server.Lock()
	defer server.Unlock()
	if server.dir == "" {
		return nil
	}
	if server.process != nil && server.process.Process != nil {
		end(syscall.SIGQUIT) // at once: nothing of it is kept
	}
	return os.RemoveAll(server.dir)
}

// Outage stops the PostgreSQL of this process until restore, with all that is in it.
// Other tests that use it must not run meanwhile.
func Outage(t testing.TB) (restore func()) {
	t.Helper()
	postgresURL(t)
	server.Lock()
	defer server.Unlock()
	end(syscall.SIGINT) // cuts the connections
	var once sync.Once
	restore = func() {
		once.Do(func() {
			server.Lock()
			defer server.Unlock()
			if err := run(); err != nil {
				t.Errorf("start PostgreSQL again: %v", err)
			}
		})
	}
	t.Cleanup(restore)
	return restore
}

// binaries is the directory of the newest PostgreSQL, as Debian places it.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 { // not Debian
		path, err := exec.LookPath("initdb")
		if err != nil {
			return "", err
		}
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	slices.SortFunc(found, func(a, b string) int {
		version := func(path string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
			return n
		}
		return version(b) - version(a)
	})
	return filepath.Dir(found[0]), nil
}

// unprivileged is who runs the server if this process may not: PostgreSQL refuses
// to be root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("it may not run as root, and there is neither a user postgres nor nobody")
}
