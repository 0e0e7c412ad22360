package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc (USER_HZ, 100 on Linux).
const tick = 10 * time.Millisecond

// usage is what a process has used so far, and what its core has done.
type usage struct {
	at   time.Time
	cpu  time.Duration // user and system, of all threads
	rss  int64         // bytes
	busy time.Duration // of the core, by whomever
}

// usageOf reads a process; core is -1 if it has none of its own.
func usageOf(pid, core int) (u usage, err error) {
	u.at = time.Now()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, fmt.Errorf("read the usage of process %d: %w", pid, err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 22 {
		return u, fmt.Errorf("read the usage of process %d: %d fields are too few", pid, len(fields))
	}
	for _, field := range fields[11:13] {
		ticks, _ := strconv.ParseInt(field, 10, 64)
		u.cpu += time.Duration(ticks) * tick
	}
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	u.rss = pages * int64(os.Getpagesize())
	if core >= 0 {
		u.busy, err = busyOf(core)
	}
	return u, err
}

// busyOf is how long a core has not been idle.
func busyOf(core int) (busy time.Duration, err error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the core's times: %w", err)
	}
	for line := range strings.Lines(string(stat)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != "cpu"+strconv.Itoa(core) {
			continue
		}
		for i, field := range fields[1:9] {
			const idle, iowait = 3, 4
			if i != idle && i != iowait {
				ticks, _ := strconv.ParseInt(field, 10, 64)
				busy += time.Duration(ticks) * tick
			}
		}
		return busy, nil
	}
	return 0, fmt.Errorf("read the core's times: there is no core %d", core)
}

// share is CPU time since before, in per cent of one core.
func (u usage) share(before usage) float64 {
	return 100 * float64(u.cpu-before.cpu) / float64(u.at.Sub(before.at))
}

// foreign is what others did meanwhile on the core, in per cent.
func (u usage) foreign(before usage) float64 {
	return max(0, 100*float64(u.busy-before.busy)/float64(u.at.Sub(before.at))-u.share(before))
}

func (s *server) usage() (usage, error) { return usageOf(s.pid, s.core) }

// driverUsage is this process's.
func (d *driver) usage() (usage, error) { return usageOf(os.Getpid(), d.core()) }
