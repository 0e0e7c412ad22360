package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// childArgument makes this program a child.
const childArgument = "child-of-bench"

// serve is the whole life of a child: it reads what to be, then requests, until
// its standard input ends.
func serve(in io.Reader, out io.Writer) (err error) {
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	var s setup
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("read what to be: %w", err)
	}
	h, err := newHandler(s)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Kind, err)
	}
	defer func() { err = errors.Join(err, h.close()) }()
	for {
		var r request
		switch err := dec.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read a request: %w", err)
		}
		var a reply
		var failed error
		if r.Op == opCount {
			a = allocated()
		} else if a, failed = h.handle(r); failed != nil {
			a.Error = failed.Error()
		}
		if err := enc.Encode(a); err != nil {
			return fmt.Errorf("answer %s: %w", r.Op, err)
		}
	}
}

func newHandler(s setup) (handler, error) {
	switch s.Kind {
	case kindFloor:
		return newFloor()
	case kindPlain:
		return newPlain(os.Stderr)
	case kindCore:
		return newCore(s, os.Stderr)
	case kindPublisher:
		return newPublisher()
	}
	return nil, fmt.Errorf("there is no kind %q", s.Kind)
}

func allocated() reply {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return reply{Mallocs: m.Mallocs, Bytes: m.TotalAlloc}
}
