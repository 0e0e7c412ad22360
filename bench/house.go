package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"golang.org/x/sys/unix"
)

// connectTimeout bounds how long all clients of a server take to connect.
const connectTimeout = 2 * time.Minute

// house is a server under test with one publisher and its viewers.
type house struct {
	server    *child
	publisher *child
	viewers   []*viewer
	check     *checker
	next      uint64  // index of the packet that the publisher sends next
	peak      float64 // packets a second that the server delivered when it was last saturated
}

// openHouse starts a server and connects everybody. One viewer checks what it
// gets.
func openHouse(ctx context.Context, core int, m mode) (h *house, err error) {
	h = &house{}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.server, err = startChild(m.setup(), pinned(core)); err != nil {
		return h, err
	}
	factory, err := newViewers(m.profile)
	if err != nil {
		return h, err
	}
	for i := range m.receivers {
		v, err := factory.add(i == m.checks())
		if err != nil {
			return h, fmt.Errorf("viewer %d: %w", i, err)
		}
		h.viewers = append(h.viewers, v)
		if v.check != nil {
			h.check = v.check
		}
	}
	if err := h.publish(m.profile); err != nil {
		return h, err
	}
	for i, v := range h.viewers {
		if err := v.join(h.server, fmt.Sprintf("viewer%d", i)); err != nil {
			return h, fmt.Errorf("viewer %d: %w", i, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for i, v := range h.viewers {
		if err := v.await(ctx); err != nil {
			return h, fmt.Errorf("viewer %d: %w", i, err)
		}
	}
	return h, h.fill()
}

// publish starts the publisher and connects it. It is given the last viewer's
// socket, to see there what comes out of a saturated server.
func (h *house) publish(profile dtls.SRTPProtectionProfile) error {
	last := h.viewers[len(h.viewers)-1].sock
	probe, err := last.share()
	if err != nil {
		return err
	}
	h.publisher, err = startChild(setup{Kind: kindPublisher}, urgent, probe)
	probe.Close()
	// A file that is handed over is set to block, and shares that with the socket.
	if err := errors.Join(err, unix.SetNonblock(last.fd, true)); err != nil {
		return err
	}
	offer, err := h.publisher.call(request{Op: opOffer})
	if err != nil {
		return err
	}
	answer, err := h.server.call(request{Op: opJoin, Publisher: true, Name: "publisher", SDP: offer.SDP})
	if err != nil {
		return err
	}
	_, err = h.publisher.call(request{Op: opConnect, SDP: answer.SDP, Profile: profile})
	return err
}

// send has the publisher send.
func (h *house) send(job sendJob) (reply, error) {
	a, err := h.publisher.call(request{Op: opSend, Send: job})
	h.next = a.Next
	return a, err
}

// fill lets the server fill what it keeps of a stream for retransmission, which
// it allocates once.
func (h *house) fill() error {
	const kept = 1100 // a little more packets than anybody keeps
	if err := h.warm(load{size: large, burst: 1}, warmRate); err != nil {
		return err
	}
	job := sendJob{Size: large, Burst: 1, For: 100 * time.Millisecond}
	if len(h.viewers) == 1 {
		job.Rate = 1000 // a flood needs a viewer whose socket drops
	}
	for until := time.Now().Add(connectTimeout); h.next < kept; {
		if _, err := h.send(job); err != nil {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("%d packets took %v", h.next, connectTimeout)
		}
	}
	h.settle()
	return nil
}

func (h *house) clock() int32 { return h.server.clock }

func (h *house) close() error {
	faults := make([]error, len(h.viewers))
	var wg sync.WaitGroup
	for i, v := range h.viewers {
		wg.Go(func() { faults[i] = v.close() })
	}
	wg.Wait()
	if h.publisher != nil {
		faults = append(faults, h.publisher.close())
	}
	if h.server != nil {
		faults = append(faults, h.server.close())
	}
	return errors.Join(faults...)
}

// delivered is how many media packets came to all viewers since reset.
func (h *house) delivered() uint64 {
	var n uint64
	for _, v := range h.viewers {
		n += v.delivered()
	}
	return n
}

func (h *house) reset() {
	for _, v := range h.viewers {
		v.reset()
	}
}

// settle waits until nothing more comes and returns how much did.
func (h *house) settle() uint64 {
	const calm, most = 20, 3000 // milliseconds
	came := h.delivered()
	for still, polls := 0, 0; still < calm && polls < most; polls++ {
		pause(time.Millisecond)
		now := h.delivered()
		if still++; now != came {
			came, still = now, 0
		}
	}
	return came
}
