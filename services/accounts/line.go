package accounts

import (
	"context"
	"errors"
)

// ErrBusy: too many want what costs much at this moment: a password compared, a picture made smaller.
var ErrBusy = errors.New("too many want that at this moment")

// line bounds what expensive work takes of the machine: calls must not suffer.
type line struct {
	turns chan struct{} // who works
	queue chan struct{} // who works or waits; more are refused
}

func newLine(turns, queue int) line {
	return line{turns: make(chan struct{}, turns), queue: make(chan struct{}, queue)}
}

func (l *line) turn(ctx context.Context) (done func(), err error) {
	select {
	case l.queue <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case l.turns <- struct{}{}:
		return func() { <-l.turns; <-l.queue }, nil
	case <-ctx.Done():
		<-l.queue
		return nil, ctx.Err()
	}
}
