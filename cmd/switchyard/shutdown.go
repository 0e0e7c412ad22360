package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// stage is one step of an orderly end. run returns when it is done or ctx ends.
type stage struct {
	name  string
	limit time.Duration
	run   func(ctx context.Context) error
}

// end runs the stages in order, each within its limit. A stage that fails or
// takes too long does not keep the next from running; when cut ends, those that
// remain have no time left, so that they only close what they own.
func end(cut context.Context, log *slog.Logger, stages []stage) error {
	var faults []error
	for _, s := range stages {
		begin := time.Now()
		ctx, cancel := context.WithTimeout(cut, s.limit)
		err := s.run(ctx)
		cancel()
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
		}
		log.Debug("shutdown stage ended", "stage", s.name, "took", time.Since(begin).Round(time.Millisecond))
	}
	if cut.Err() != nil {
		faults = append(faults, errors.New("cut short by a second signal"))
	}
	if err := errors.Join(faults...); err != nil {
		return &exitError{exitCut, fmt.Errorf("end in order: %w", err)}
	}
	return nil
}

// waitFor makes a stage of something that takes no context: when its time is
// over it is left behind, since the process ends.
func waitFor(finish func()) func(context.Context) error {
	return func(ctx context.Context) error {
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			finish()
		}()
		select {
		case <-finished:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
