// Package ring is a bounded queue from many goroutines to one, without locks
// and without allocation: values are written and read in their places. It is
// the queue of Vyukov (1024cores.net, bounded MPMC queue) with a single
// consumer. It imports the standard library only.
package ring

import "sync/atomic"

// Ring is such a queue. New makes one.
type Ring[T any] struct {
	places []place[T]
	mask   uint64

	_    [64]byte // producers and the consumer write to different cache lines
	tail atomic.Uint64
	_    [64]byte
	head uint64 // touched by the consumer only
}

// place holds a value. Its turn says what may be done with it: equal to the lap of
// a position, a producer may write the value of that position; one more, the
// consumer may read it. So a new ring is all zeros, and takes no memory before it
// is used.
type place[T any] struct {
	turn  atomic.Uint64
	value T
}

// New makes a ring of at least size places.
func New[T any](size int) *Ring[T] {
	n := 2
	for n < size {
		n *= 2
	}
	return &Ring[T]{places: make([]place[T], n), mask: uint64(n - 1)}
}

// lap is the position's first of the same lap.
func (r *Ring[T]) lap(position uint64) uint64 { return position &^ r.mask }

// Claim gives a producer a place to write a value in, and its position for
// Publish, which must follow soon: what is claimed later is not read before.
// It returns nil if the ring is full. What stands in the place is of before.
func (r *Ring[T]) Claim() (value *T, position uint64) {
	at := r.tail.Load()
	for {
		p := &r.places[at&r.mask]
		switch d := int64(p.turn.Load() - r.lap(at)); {
		case d == 0:
			if r.tail.CompareAndSwap(at, at+1) {
				return &p.value, at
			}
			at = r.tail.Load()
		case d < 0:
			return nil, 0
		default:
			at = r.tail.Load()
		}
	}
}

// Publish hands a claimed place to the consumer.
func (r *Ring[T]) Publish(position uint64) {
	r.places[position&r.mask].turn.Store(r.lap(position) + 1)
}

// Tail is a position for Next: everything that was published before Tail was
// called lies before it.
func (r *Ring[T]) Tail() uint64 { return r.tail.Load() }

// Next is the oldest value that lies before the position, or nil. It is the
// consumer's until Done.
func (r *Ring[T]) Next(before uint64) *T {
	p := &r.places[r.head&r.mask]
	if int64(before-r.head) <= 0 || p.turn.Load() != r.lap(r.head)+1 {
		return nil
	}
	return &p.value
}

// Done gives back the place that Next returned.
func (r *Ring[T]) Done() {
	r.places[r.head&r.mask].turn.Store(r.lap(r.head) + r.mask + 1)
	r.head++
}

// Empty reports, to the consumer, that there is nothing to be read now.
func (r *Ring[T]) Empty() bool {
	return r.places[r.head&r.mask].turn.Load() != r.lap(r.head)+1
}
