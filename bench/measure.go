package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// phase is a set of rows that take turns.
type phase []row

// measure goes round all modes once for each window: the mode's server starts,
// its audience connects, its rows have a window each, and all of it ends. So no
// server is there but the one whose turn it is: idle ones, plain pion's above
// all, would take several per cent of the core.
func (p phase) measure(ctx context.Context, o options, res *results, log io.Writer) error {
	var modes []mode
	rows := make(map[mode][]row)
	for _, r := range p {
		if !o.only.MatchString(r.String()) {
			continue
		}
		if !slices.Contains(modes, r.mode) {
			modes = append(modes, r.mode)
		}
		rows[r.mode] = append(rows[r.mode], r)
	}
	for n := range o.windows {
		for _, m := range modes {
			fmt.Fprintf(log, "window %d of %d: %v, %d rows\n", n+1, o.windows, m, len(rows[m]))
			if err := m.measure(ctx, rows[m], o, res, log); err != nil {
				return fmt.Errorf("window %d of %v: %w", n+1, m, err)
			}
		}
	}
	return nil
}

// measure gives each row of a mode one window.
func (m mode) measure(ctx context.Context, rows []row, o options, res *results, log io.Writer) (err error) {
	p, err := m.open(ctx, o.core)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the run was cut short: %w", err)
		}
		s, err := watched(p, r.load, o)
		if err != nil {
			return fmt.Errorf("%v: %w", r.load, err)
		}
		res.add(r, s)
		if o.verbose {
			fmt.Fprintf(log, "%v: %+v\n", r, s)
		}
	}
	return nil
}

// watched is one window, and how much of the core others used meanwhile.
func watched(p place, l load, o options) (s sample, err error) {
	begin := time.Now()
	all, err := coreTime(o.core)
	if err != nil {
		return s, err
	}
	own, err := cpuTime(p.clock())
	if err != nil {
		return s, err
	}
	if s, err = p.window(l, o.window); err != nil {
		return s, err
	}
	allAfter, err := coreTime(o.core)
	if err != nil {
		return s, err
	}
	ownAfter, err := cpuTime(p.clock())
	s.others = max(0, (allAfter-all)-(ownAfter-own)).Seconds() / time.Since(begin).Seconds()
	return s, err
}
