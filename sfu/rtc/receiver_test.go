package rtc

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// senders are the ways that a datagram can come: the address that is bound, and
// the one that it is sent from and to.
var senders = map[string][2]string{
	"IPv4":            {"127.0.0.1", "127.0.0.1"},
	"IPv6":            {"::1", "::1"},
	"IPv4, both open": {"", "127.0.0.1"},
	"IPv6, both open": {"", "::1"},
}

// TestRunsAreTakenApart: datagrams that were sent as a run, and that the kernel
// may give as one, are handed over one by one, as is what comes between.
func TestRunsAreTakenApart(t *testing.T) {
	for name, way := range senders {
		for _, joined := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, joined %v", name, joined), func(t *testing.T) {
				e := newEar(t, way[0], way[1], func(c *Config) { c.GSO = joined })
				var want [][]byte
				for _, c := range []struct{ segment, total int }{
					{500, 5000}, {1200, 1200 * 16}, {1000, 3001}, {700, 2099}, {0, 100}, {1, 7}, {0, datagramSize}, {datagramSize, 2*datagramSize + 1}, {0, 1},
				} {
					b := random(c.total)
					if e.sends(b, c.segment); c.segment == 0 {
						want = append(want, b)
						continue
					}
					for len(b) > 0 {
						n := min(c.segment, len(b))
						want = append(want, b[:n])
						b = b[n:]
					}
				}
				got := e.hears(len(want))
				if joined && e.rx.got > 9 {
					t.Errorf("nothing was joined: %d messages", e.rx.got)
				}
				for i := range want {
					if !bytes.Equal(got[i], want[i]) {
						t.Errorf("datagram %d has %d bytes and is not the one of %d that was sent", i, len(got[i]), len(want[i]))
					}
				}
				e.silent()
				if n := e.rx.tooLong.Load() + e.rx.dropped.Load(); n > 0 {
					t.Errorf("%d are counted as dropped", n)
				}
			})
		}
	}
}

// TestTooLong: a datagram that can't be of a client of ours is dropped and
// counted, alone or in a run, and what comes before and after it is not.
func TestTooLong(t *testing.T) {
	for _, joined := range []bool{true, false} {
		e := newEar(t, "127.0.0.1", "127.0.0.1", func(c *Config) { c.GSO = joined })
		want := uint64(0)
		for i, size := range []int{datagramSize + 1, 5000, 60000} {
			before, after := random(100+i), random(200+i)
			e.sends(before, 0)
			e.sends(random(size), 0)
			e.sends(after, 0)
			got := e.hears(2)
			if want++; !bytes.Equal(got[0], before) || !bytes.Equal(got[1], after) {
				t.Errorf("%d bytes, joined %v: the others did not come", size, joined)
			}
		}
		e.sends(random(2*(datagramSize+1)), datagramSize+1)
		e.sends(random(20), 0)
		if got := e.hears(1); len(got[0]) != 20 {
			t.Errorf("joined %v: %d bytes came", joined, len(got[0]))
		}
		if want++; !joined {
			want++ // two
		}
		if n := e.rx.tooLong.Load(); n != want {
			t.Errorf("joined %v: %d are counted, not %d", joined, n, want)
		}
		e.silent()
	}
}

// TestBatches: more than one system call takes come whole and in order.
func TestBatches(t *testing.T) {
	e := newEar(t, "127.0.0.1", "127.0.0.1")
	var want [][]byte
	for i := range 5*batchSize + 7 {
		want = append(want, random(40+i))
		e.sends(want[i], 0)
	}
	e.rx.receive(false)
	if e.rx.got != batchSize {
		t.Errorf("one call took %d", e.rx.got)
	}
	n := 0
	e.rx.each(func(b []byte, _ *sockaddr) {
		if !bytes.Equal(b, want[n]) {
			t.Errorf("datagram %d is not as it was sent", n)
		}
		n++
	})
	for i, b := range e.hears(len(want) - n) {
		if !bytes.Equal(b, want[n+i]) {
			t.Errorf("datagram %d is not as it was sent", n+i)
		}
	}
	e.silent()
}

// TestAge: how long a datagram has waited in the socket is known, however late it
// is read.
func TestAge(t *testing.T) {
	e := newEar(t, "127.0.0.1", "127.0.0.1")
	const apart = 30 * time.Millisecond
	began := time.Now()
	e.sends(random(40), 0)
	time.Sleep(apart)
	e.sends(random(41), 0)
	e.rx.receive(false)
	lasted := time.Since(began)
	var ages []time.Duration
	e.rx.each(func([]byte, *sockaddr) { ages = append(ages, time.Duration(e.rx.age)) })
	if len(ages) != 2 || ages[0]-ages[1] < apart || ages[0] > lasted || ages[1] <= 0 {
		t.Errorf("ages %v, after %v", ages, lasted)
	}
	e.sends(random(40), 0)
	e.rx.receive(false)
	for _, step := range []time.Duration{-time.Minute, time.Minute} { // the machine's clock is set
		e.rx.wall += int64(step)
		e.rx.each(func([]byte, *sockaddr) {
			if e.rx.age != 0 {
				t.Errorf("age %v", time.Duration(e.rx.age))
			}
		})
		e.rx.wall -= int64(step)
	}
}

// TestSocketFull: what the kernel drops since nobody reads is known once the
// next datagram comes.
func TestSocketFull(t *testing.T) {
	e := newEar(t, "127.0.0.1", "127.0.0.1", func(c *Config) { c.ReceiveBuffer = 16 << 10 })
	told := uint64(0)
	for round := range 3 {
		const sent = 400
		for range sent {
			e.sends(random(1000), 0)
		}
		came := uint64(0)
		for e.rx.receive(false); e.rx.got > 0; e.rx.receive(false) {
			e.rx.each(func([]byte, *sockaddr) { came++ })
		}
		for e.sends(random(10), 0); len(e.hears(1)[0]) != 10; {
			came++
		}
		lost := e.rx.dropped.Load() - told
		told += lost
		if came == 0 || lost == 0 || came+lost != sent {
			t.Errorf("round %d: %d datagrams came of %d, %d are said to be lost", round, came, sent, lost)
		}
	}
}

// TestReceiveWaits: nothing comes before the deadline but by data, and errors of
// earlier sends are none of the receiver's.
func TestReceiveWaits(t *testing.T) {
	e := newEar(t, "127.0.0.1", "127.0.0.1")
	e.rx.sock.setDeadline(time.Unix(1, 0))
	if err := e.rx.receive(true); err != nil || e.rx.got != 0 {
		t.Errorf("%d datagrams, %v", e.rx.got, err)
	}
	gone := rigSockaddr(false, netip.MustParseAddrPort("127.0.0.1:1"))
	e.rx.sock.sendFrom([]byte("nobody is there"), &gone)
	e.sends([]byte("here"), 0)
	if got := e.hears(1); string(got[0]) != "here" {
		t.Errorf("%q", got)
	}
	e.rx.sock.close()
	if err := e.rx.receive(true); err == nil {
		t.Error("a closed socket is waited for")
	}
}
