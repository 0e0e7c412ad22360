// Program bench measures what one forwarded packet costs: of this module's
// media server, of plain pion, and of the floor, which only seals and sends.
// Each is a process of its own on one core, the modes take turns, and ratios
// are of one run. README.md beside this file says what is measured how.
//
//	bench [-windows 7] [-window 2s] [-only regexp] [-core 0] [-quick] [-v]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	windows int
	window  time.Duration
	only    *regexp.Regexp
	core    int
	quick   bool
	verbose bool
}

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == childArgument:
		err = serve(os.Stdin, os.Stdout)
	case len(os.Args) > 1 && os.Args[1] == plainArgument:
		err = servePlain(os.Args[2:], os.Stderr)
	default:
		err = run(os.Args[1:], os.Stdout, os.Stderr)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string, errors io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errors)
	flags.IntVar(&o.windows, "windows", 7, "windows of each row")
	flags.DurationVar(&o.window, "window", 2*time.Second, "length of a window")
	only := flags.String("only", "", "rows whose name matches this regular expression")
	flags.IntVar(&o.core, "core", 0, "core of the servers under test")
	flags.BoolVar(&o.quick, "quick", false, "fewer and shorter windows, 100 receivers only")
	flags.BoolVar(&o.verbose, "v", false, "write every window to standard error")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	if o.quick {
		o.windows, o.window = 3, 800*time.Millisecond
	}
	if o.windows < 1 || o.window < 200*time.Millisecond {
		return o, fmt.Errorf("%d windows of %v are too few or too short", o.windows, o.window)
	}
	return o, nil
}

func run(args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	if err := leaveCore(o.core); err != nil {
		return err
	}
	list := phases()
	if o.quick {
		list = list[:1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverLife)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal leaves no time
	res := newResults()
	for _, p := range list {
		if err = p.measure(ctx, o, res, log); err != nil {
			break // what was measured before is told all the same
		}
	}
	if len(res.rows) == 0 && err == nil {
		return fmt.Errorf("no row has a name that matches %q", o.only)
	}
	return errors.Join(res.print(out), err)
}
