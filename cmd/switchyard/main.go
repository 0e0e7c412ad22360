// Command switchyard is the media server in one program: `switchyard serve`
// runs it, the other subcommands look after its configuration and tokens.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "unversioned"

// Exit codes, as docs/operations.md explains them.
const (
	exitOK     = 0
	exitFault  = 1 // it failed while running
	exitUsage  = 2 // the command line or the configuration is wrong
	exitListen = 3 // a port can't be had
	exitCut    = 4 // the orderly end was cut short
)

// process is what a run of the program has from the outside.
type process struct {
	args    []string // without the program's name
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

// cutContext ends when an orderly end has to be cut short. Its type tells it
// apart from the context whose end asks for an orderly end.
type cutContext interface{ context.Context }

func main() {
	stop, cut, release := signals()
	code := Run(stop, cut, process{os.Args[1:], os.Environ(), os.Stdout, os.Stderr})
	release()
	os.Exit(code)
}

// signals returns a context that ends at the first SIGINT or SIGTERM and one
// that ends at the second. A third ends the process.
func signals() (stop, cut context.Context, release func()) {
	stop, endStop := context.WithCancel(context.Background())
	cut, endCut := context.WithCancel(context.Background())
	came := make(chan os.Signal, 3)
	signal.Notify(came, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-came
		endStop()
		<-came
		endCut()
		<-came
		os.Exit(exitCut)
	}()
	return stop, cut, func() { endStop(); endCut() }
}

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Config  configCommands `cmd:"" help:"Check, print or start a configuration file."`
	Token   tokenCommand   `cmd:"" help:"Print an access token for a room."`
	Backup  backupCommand  `cmd:"" help:"Write everything that the server keeps into one encrypted file."`
	Restore restoreCommand `cmd:"" help:"Restore a backup onto an empty machine."`
	Bench   benchCommand   `cmd:"" help:"Measure how many participants this machine holds."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// Run runs one command line and returns the exit code. The end of stop asks a
// server to end in order, that of cut to do it without waiting.
func Run(stop, cut context.Context, p process) int {
	var parsed commands
	exited := -1
	parser, err := kong.New(&parsed,
		kong.Name("switchyard"),
		kong.Description("A media server: meetings in the browser."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintf(p.stderr, "switchyard: build the command line: %v\n", err)
		return exitFault
	}
	selected, err := parser.Parse(p.args)
	if exited >= 0 {
		return exited // --help
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "switchyard: %v\nTry: switchyard --help\n", err)
		return exitUsage
	}
	selected.BindTo(stop, (*context.Context)(nil))
	selected.BindTo(cut, (*cutContext)(nil))
	selected.Bind(p)
	err = selected.Run()
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(p.stderr, "switchyard: %v\n", err)
	var coded *exitError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFault
}

// exitError carries the exit code of a fault.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error { return &exitError{exitUsage, err} }
