package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// floorHouse is a floor with the sockets that it sends to, which have the same
// filter as those of viewers.
type floorHouse struct {
	server    *child
	gso       bool
	sockets   []*socket
	receivers []netip.AddrPort
}

func openFloor(core int, m mode) (h *floorHouse, err error) {
	h = &floorHouse{gso: m.gso}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	for range m.receivers {
		s, err := openSocket(dropMedia)
		if err != nil {
			return h, err
		}
		h.sockets = append(h.sockets, s)
		h.receivers = append(h.receivers, s.address())
	}
	h.server, err = startChild(m.setup(), pinned(core))
	return h, err
}

func (h *floorHouse) clock() int32 { return h.server.clock }

func (h *floorHouse) close() error {
	var faults []error
	for _, s := range h.sockets {
		faults = append(faults, s.Close())
	}
	if h.server != nil {
		faults = append(faults, h.server.close())
	}
	return errors.Join(faults...)
}

// window measures a floor, and, unless it is segmented, its parts apart.
func (h *floorHouse) window(l load, length time.Duration) (s sample, err error) {
	job := floorJob{Size: l.size, Run: l.burst, GSO: h.gso, Receivers: h.receivers}
	run := func(part string, length time.Duration) (reply, float64, error) {
		job.Part, job.For = part, length
		a, err := h.server.call(request{Op: opFloor, Floor: job})
		if err == nil && a.Packets == 0 {
			err = errors.New("no packets")
		}
		if err != nil {
			return a, 0, fmt.Errorf("part %s: %w", part, err)
		}
		return a, float64(a.CPU.Nanoseconds()) / float64(a.Packets), nil
	}
	for _, sock := range h.sockets {
		sock.resetDrops()
	}
	before, err := h.server.call(request{Op: opCount})
	if err != nil {
		return s, err
	}
	begin := time.Now()
	a, ns, err := run(partBoth, length)
	if err != nil {
		return s, err
	}
	elapsed := time.Since(begin)
	after, err := h.server.call(request{Op: opCount})
	if err != nil {
		return s, err
	}
	var came uint64
	for _, sock := range h.sockets {
		came += sock.drops()
	}
	packets := float64(a.Packets)
	s = sample{
		ns: ns, pps: float64(came) / elapsed.Seconds(), busy: a.CPU.Seconds() / elapsed.Seconds(), delivery: float64(came) / packets,
		allocs: float64(after.Mallocs-before.Mallocs) / packets, bytes: float64(after.Bytes-before.Bytes) / packets,
	}
	if h.gso {
		return s, nil
	}
	for _, part := range []string{partSeal, partSend} {
		_, ns, err := run(part, length/4)
		if err != nil {
			return s, err
		}
		s.parts += ns
	}
	_, s.open, err = run(partOpen, length/4)
	return s, err
}
