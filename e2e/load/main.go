// Command load starts the built server, drives it with stock WebRTC clients on
// loopback, and prints what that cost: memory and CPU of idle peers, joins, a
// call under garbage, sequence numbers that wrap. It knows only what is public:
// WHIP, WHEP, the WebSocket protocol, /metrics and the command line.
//
// Server and driver are two processes. With -pin each has cores of its own, so
// that the figures are the server's. Everything that a run starts ends with it;
// runs are bounded in time (-timeout) and in what they open.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// command is one subcommand: its options are its fields.
type command interface {
	flags(*flag.FlagSet)
	run(context.Context, *driver) error
}

type entry struct {
	name, summary string
	make          func() command
}

var commands = []entry{
	{"idle", "memory, goroutines and CPU of peers that do nothing", func() command { return &idle{} }},
	{"joins", "joins a second of one core, and how long one takes", func() command { return &joins{} }},
	{"wrap", "sequence numbers that go round, with and without an outage", func() command { return &wrap{} }},
	{"garbage", "a call while garbage hits the media port", func() command { return &garbage{} }},
	{"publish", "a publisher for a server that runs already, steered by standard input", func() command { return &publish{} }},
	{"sysctl", "the media port's buffers and the system's limits", func() command { return &sysctl{} }},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(1)
	}
}

// start runs the subcommand that args name.
func start(ctx context.Context, args []string, out io.Writer) error {
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	i := slices.IndexFunc(commands, func(e entry) bool { return e.name == name })
	if i < 0 {
		return errors.New(manual(name))
	}
	c := commands[i].make()
	d := &driver{out: out}
	set := flag.NewFlagSet("load "+name, flag.ContinueOnError)
	set.StringVar(&d.binary, "server", "bin/switchyard", "the built `program`")
	set.IntVar(&d.pin, "pin", -1, "give the server this `core` and the driver all others; -1: share")
	set.StringVar(&d.user, "user", "", "run the server as this `user`; needs root")
	set.StringVar(&d.log, "log", "", "keep the server's log in this `file`")
	set.BoolVar(&d.strict, "strict", false, "fail when a goal is missed, too")
	set.IntVar(&d.again, "again", 2, "measure up to so many `times` again what others disturbed, and wait for calm before")
	limit := set.Duration("timeout", 10*time.Minute, "the run ends after so long")
	c.flags(set)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q", name, set.Arg(0))
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if err := d.takeCores(); err != nil {
		return err
	}
	err := c.run(ctx, d)
	d.figures.print(out)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s: not over after %v (-timeout): %w", name, *limit, err)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.figures.judge(d.strict)
}

func manual(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q is no subcommand; there are\n", name)
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-8s %s\n", c.name, c.summary)
	}
	return b.String() + "`load SUBCOMMAND -h` lists options"
}
