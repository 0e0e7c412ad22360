package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pinned starts a process whose threads all stay on one core.
func pinned(core int) func(*exec.Cmd) error {
	return func(cmd *exec.Cmd) error {
		// A process inherits the affinity of the thread that starts it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var before, only unix.CPUSet
		if err := unix.SchedGetaffinity(0, &before); err != nil {
			return fmt.Errorf("read the affinity: %w", err)
		}
		only.Set(core)
		if err := unix.SchedSetaffinity(0, &only); err != nil {
			return fmt.Errorf("pin to core %d: %w", core, err)
		}
		defer unix.SchedSetaffinity(0, &before)
		return urgent(cmd)
	}
}

// urgent starts a process that goes before whatever else this machine does,
// where that is allowed; otherwise it has to share.
func urgent(cmd *exec.Cmd) error {
	const nice = -15
	// Where the scheduler groups processes by session, nice values count within
	// a group only, and the group has one of its own.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	unix.Setpriority(unix.PRIO_PROCESS, cmd.Process.Pid, nice)
	os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid), []byte(strconv.Itoa(nice)), 0)
	return nil
}

// leaveCore keeps this process off the core of the servers under test.
func leaveCore(core int) error {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return fmt.Errorf("read the affinity: %w", err)
	}
	if !set.IsSet(core) {
		return fmt.Errorf("core %d is not there or not allowed", core)
	}
	set.Clear(core)
	if set.Count() == 0 {
		return fmt.Errorf("core %d is the only one; the generator needs another", core)
	}
	// New threads inherit from those that are there; twice, for those that were
	// made meanwhile.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list threads: %w", err)
		}
		for _, t := range tasks {
			if id, err := strconv.Atoi(t.Name()); err == nil {
				unix.SchedSetaffinity(id, &set) // one that has ended meanwhile does not matter
			}
		}
	}
	return nil
}

// cpuClock is the clock of the CPU time, user and system, that a process has
// used. It is as exact as the scheduler's own account; /proc has only ticks.
func cpuClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// cpuTime reads a CPU clock.
func cpuTime(clock int32) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("read a CPU clock: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// coreTime is for how long a core has been busy, as /proc/stat samples it.
func coreTime(core int) (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read how busy the core is: %w", err)
	}
	const tick = time.Second / 100 // USER_HZ
	const idle, ioWait, steal = 3, 4, 7
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) <= steal || fields[0] != fmt.Sprintf("cpu%d", core) {
			continue
		}
		var busy time.Duration
		for i, f := range fields[1 : steal+1] {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read how busy the core is: %w", err)
			}
			if i != idle && i != ioWait {
				busy += time.Duration(n) * tick
			}
		}
		return busy, nil
	}
	return 0, fmt.Errorf("read how busy the core is: core %d is not in /proc/stat", core)
}
