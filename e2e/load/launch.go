package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// command prepares the program: a copy, since another user may not reach the
// original. Of the environment it gets its own variables and the collector's,
// and never GOMAXPROCS: that is to follow from the cores that it has.
func (s *server) command(d *driver, web int) (*exec.Cmd, error) {
	program, err := os.ReadFile(d.binary)
	if err != nil {
		return nil, fmt.Errorf("the program is not built: %w", err)
	}
	binary, data := filepath.Join(s.home, "switchyard"), filepath.Join(s.home, "data")
	if err := errors.Join(os.Chmod(s.home, 0o755), os.WriteFile(binary, program, 0o755), os.Mkdir(data, 0o700)); err != nil {
		return nil, fmt.Errorf("lay out the server's directory: %w", err)
	}
	log, err := os.Create(filepath.Join(s.home, "log"))
	if err != nil {
		return nil, fmt.Errorf("make the server's log: %w", err)
	}
	cmd := exec.Command(binary, "serve", "--http", "127.0.0.1:"+strconv.Itoa(web), "--media", ":"+strconv.Itoa(s.media), "--data", data)
	cmd.Dir, cmd.Stdout, cmd.Stderr = data, log, log
	cmd.Env = []string{"HOME=" + data}
	for _, variable := range os.Environ() {
		for _, wanted := range []string{"PATH=", "SWITCHYARD_", "GOGC=", "GODEBUG=", "GOMEMLIMIT="} {
			if strings.HasPrefix(variable, wanted) {
				cmd.Env = append(cmd.Env, variable)
			}
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if d.user == "" {
		return cmd, nil
	}
	who, err := user.Lookup(d.user)
	if err != nil {
		return nil, fmt.Errorf("-user: %w", err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	if err := os.Chown(data, uid, gid); err != nil {
		return nil, fmt.Errorf("-user: give it the data directory: %w", err)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return cmd, nil
}

// supervise starts the program and waits for its end, on one thread: the
// program inherits that thread's core, and is killed if the thread dies.
func (s *server) supervise(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer close(s.exited)
	var err error
	if s.core >= 0 {
		var set unix.CPUSet
		set.Set(s.core)
		err = unix.SchedSetaffinity(0, &set)
	}
	if err == nil {
		err = cmd.Start()
	}
	cmd.Stdout.(io.Closer).Close()
	if err == nil {
		s.pid = cmd.Process.Pid
	}
	started <- err
	if err == nil {
		cmd.Wait()
		s.end = cmd.ProcessState
	}
}

// freePort finds a port that is free for TCP and, with both, for UDP.
func freePort(both bool) (int, error) {
	for range 100 {
		tcp, err := net.Listen("tcp4", ":0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := tcp.Addr().(*net.TCPAddr).Port
		if both {
			var udp net.PacketConn
			if udp, err = net.ListenPacket("udp4", ":"+strconv.Itoa(port)); err == nil {
				udp.Close()
			}
		}
		tcp.Close()
		if err == nil {
			return port, nil
		}
	}
	return 0, errors.New("find a free port: a hundred were taken")
}
