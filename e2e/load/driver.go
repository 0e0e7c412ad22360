package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// maxCores is how many an affinity mask has room for.
const maxCores = 1024

// driver is this process: what it was asked for on the command line, the cores
// that it runs on, and the figures of the run.
type driver struct {
	binary string
	pin    int // the server's core; -1: any
	user   string
	log    string
	strict bool
	again  int

	out     io.Writer
	figures figures
	cores   unix.CPUSet // the driver's own, with pin
}

// say tells how far the run is.
func (d *driver) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// takeCores moves the driver off the server's core.
func (d *driver) takeCores() error {
	if d.pin < 0 {
		return nil
	}
	if err := unix.SchedGetaffinity(0, &d.cores); err != nil {
		return fmt.Errorf("read the driver's cores: %w", err)
	}
	if !d.cores.IsSet(d.pin) {
		return fmt.Errorf("-pin %d: there is no such core", d.pin)
	}
	d.cores.Clear(d.pin)
	if d.cores.Count() == 0 {
		return errors.New("-pin: no other core is left for the driver")
	}
	// A thread that starts while the list is read may be missing in it; those
	// that pinned threads start inherit their cores.
	for range 5 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list the driver's threads: %w", err)
		}
		for _, task := range tasks {
			id, _ := strconv.Atoi(task.Name())
			if err := unix.SchedSetaffinity(id, &d.cores); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("pin the driver: %w", err)
			}
		}
	}
	runtime.GOMAXPROCS(d.cores.Count())
	return nil
}

// core is the driver's first core; -1 if it is not pinned.
func (d *driver) core() int {
	if d.pin < 0 {
		return -1
	}
	for i := range maxCores {
		if d.cores.IsSet(i) {
			return i
		}
	}
	return -1
}
