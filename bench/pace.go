package main

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// sendJob is a stretch of the stream.
type sendJob struct {
	Fresh bool          // begin with a keyframe
	Size  int           // of a packet, as UDP carries it
	Burst int           // packets that leave together
	Rate  float64       // packets a second; 0: as many as come out of the server
	For   time.Duration // about: pictures are whole
}

// late is from when on a burst counts as late.
const late = 2 * time.Millisecond

// do sends a stretch and tells how many packets that were.
func (s *sender) do(job sendJob) (a reply, err error) {
	if job.Size < headerSize+minPayload+s.tag || job.Size > len(s.plain) || job.Burst < 1 || job.Burst > batchSize {
		return a, fmt.Errorf("%+v is not possible", job)
	}
	s.size = job.Size
	if job.Fresh {
		s.key, s.left = true, 0
	}
	first := s.next.index
	s.late = 0
	err = punctual(func() error {
		if job.Rate == 0 {
			return s.flood(job)
		}
		return s.pace(job)
	})
	return reply{Packets: s.next.index - first, Late: s.late, Next: s.next.index}, err
}

// punctual runs f on a thread that the scheduler prefers and wakes on time,
// where that is allowed.
func punctual(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its settings
		unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0)
		unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		done <- f()
	}()
	return <-done
}

// pause sleeps; time.Sleep rounds up to milliseconds.
func pause(d time.Duration) {
	if d > 0 {
		t := unix.NsecToTimespec(int64(d))
		unix.Nanosleep(&t, nil) // too short a sleep does no harm
	}
}

// pace sends whole pictures in bursts on time.
func (s *sender) pace(job sendJob) error {
	n := max(int(job.Rate*job.For.Seconds())/pictureLength, 1) * pictureLength
	begin := time.Now()
	for sent := 0; sent < n; sent += job.Burst {
		due := begin.Add(time.Duration(float64(sent) / job.Rate * float64(time.Second)))
		pause(time.Until(due))
		if time.Since(due) > late {
			s.late += uint64(job.Burst)
		}
		if err := s.burst(min(job.Burst, n-sent)); err != nil {
			return err
		}
	}
	return nil
}

const (
	// ahead is how many packets are under way to a saturated server: enough that
	// it always finds some, too few for a queue to overflow.
	ahead = 256
	// probeFile is the socket that the publisher is given, see house.publish.
	probeFile = 3
)

// flood sends as fast as packets come out at the last viewer, whose socket drops
// and counts them. If none does for a while, those under way count as lost.
func (s *sender) flood(job sendJob) error {
	const lost = 500 * time.Millisecond
	probe := &socket{fd: probeFile}
	probe.resetDrops()
	begin := time.Now()
	sent, last, moved := uint64(0), uint64(0), begin
	for now := begin; now.Sub(begin) < job.For || s.left > 0; now = time.Now() {
		came := probe.drops()
		if came != last {
			last, moved = came, now
		}
		if now.Sub(moved) > lost {
			sent, moved = came, now
		}
		if sent+uint64(job.Burst) > came+ahead {
			pause(100 * time.Microsecond)
			continue
		}
		if err := s.burst(job.Burst); err != nil {
			return err
		}
		sent += uint64(job.Burst)
	}
	return nil
}
