package sfu

import (
	"math/rand/v2"
	"testing"
	"time"
)

// storage drives the history of an encoding by hand, as a feed does, and knows
// every packet that was ever handed out.
type storage struct {
	e     *encoding
	now   int64
	seq   uint16
	known map[*Packet]bool
	newer int // packets that were not known before, since the last look
}

// keptFor is Config.History of these tests.
const keptFor = 1500 * time.Millisecond

func newStorage() *storage {
	return &storage{e: newEncoding(0, Audio, 1024, nil), now: 1e18, known: map[*Packet]bool{}}
}

// receive takes n packets that come together.
func (s *storage) receive(n int) []*Packet {
	packets := s.e.reserve(n, nil)
	for _, p := range packets {
		if !s.known[p] {
			s.known[p] = true
			s.newer++
		}
		p.Sequence, p.Codec, p.Arrival = s.seq, Opus, s.now
		p.Payload = append(p.Buf[:0], 0x78, byte(s.seq>>8), byte(s.seq))
		s.seq++
	}
	s.e.history.expire(s.now - int64(keptFor))
	s.e.commit(packets, s.now)
	return packets
}

// run receives so many packets a second for a while, some together.
func (s *storage) run(rate int, d time.Duration, together int) {
	interval := int64(time.Second) / int64(rate) * int64(together)
	for end := s.now + int64(d); s.now < end; s.now += interval {
		s.receive(together)
	}
}

// kept counts the packets of the ring and checks that none is too old.
func (s *storage) kept(t *testing.T) (n int) {
	t.Helper()
	for _, p := range s.e.history.ring {
		if p == nil {
			continue
		}
		n++
		if age := time.Duration(s.now - p.Arrival); age > keptFor+100*time.Millisecond {
			t.Fatalf("a packet of %v ago is kept", age)
		}
	}
	return n
}

// TestHistoryFollowsTheRate: what is kept are the packets of the last 1.5 s,
// whatever their rate, what is made beyond those is bounded, and nothing is made
// once the rate is steady.
func TestHistoryFollowsTheRate(t *testing.T) {
	for _, c := range []struct {
		rate, together, most int
	}{
		{50, 1, 120}, {500, 1, 950}, {500, 10, 950}, {50, 5, 120},
		{5000, 16, 1024 + 300}, // as many as the ring has places
	} {
		s := newStorage()
		s.run(c.rate, 5*time.Second, c.together)
		want := min(c.rate*3/2, len(s.e.history.ring))
		if n := s.kept(t); n < want-c.together || n > want+2*c.together {
			t.Errorf("%+v: %d packets are kept, not %d", c, n, want)
		}
		if n := len(s.known); n > c.most {
			t.Errorf("%+v: %d packets were made, more than %d", c, n, c.most)
		}
		s.newer = 0
		if s.run(c.rate, 20*time.Second, c.together); s.newer > 0 {
			t.Errorf("%+v: %d packets were made though the rate was steady", c, s.newer)
		}
	}
}

// TestSparesShrink: after the rate has fallen memory is given up, and after it
// has risen again it is made again, once.
func TestSparesShrink(t *testing.T) {
	s := newStorage()
	s.run(500, 3*time.Second, 5)
	held := func() int { return s.kept(t) + len(s.e.history.spare) }
	if n := held(); n < 750 {
		t.Fatalf("%d packets at 500 a second", n)
	}
	s.run(50, 20*time.Second, 1)
	if n := held(); n > 150 {
		t.Errorf("%d packets are held at 50 a second", n)
	}
	s.newer = 0
	if s.run(500, 10*time.Second, 5); s.newer < 600 || s.newer > 900 {
		t.Errorf("%d packets were made when the rate rose", s.newer)
	}
}

// TestRetainedIsNotUsedAgain: a packet that somebody holds keeps its bytes until
// it is released, however long ago it expired, and then is used again.
func TestRetainedIsNotUsedAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 8))
	s := newStorage()
	s.run(100, 3*time.Second, 1)
	type held struct {
		times int
		seq   uint16
	}
	holds := map[*Packet]*held{}
	for range 3000 {
		s.now += int64(10 * time.Millisecond)
		for _, p := range s.receive(1 + random.IntN(3)) {
			if holds[p] != nil {
				t.Fatal("a packet that is held was handed out")
			}
			if len(holds) < 60 && random.IntN(4) == 0 {
				holds[p] = &held{1 + random.IntN(2), p.Sequence}
				for range holds[p].times {
					p.Retain()
				}
			}
		}
		for p, h := range holds {
			if p.Sequence != h.seq || p.Payload[1] != byte(h.seq>>8) || p.Payload[2] != byte(h.seq) {
				t.Fatal("a packet that is held has changed")
			}
			if random.IntN(200) == 0 { // after two seconds, perhaps in two steps
				p.Release()
				if h.times--; h.times == 0 {
					delete(holds, p)
				}
			}
		}
	}
	for p := range holds {
		for p.held.Load() > 0 {
			p.Release()
		}
	}
	s.run(200, 5*time.Second, 1)
	s.newer = 0
	if s.run(200, 20*time.Second, 1); s.newer > 0 {
		t.Errorf("%d packets were made though all were released", s.newer)
	}

	p := s.receive(1)[0]
	p.Retain()
	s.run(200, 3*time.Second, 1)
	again := func() (found bool) {
		packets := s.e.reserve(len(s.e.history.spare), nil)
		for _, other := range packets {
			found = found || other == p
		}
		for _, other := range packets {
			s.e.history.give(other)
		}
		return found
	}
	if again() {
		t.Error("a packet that is held is among those that are handed out")
	}
	p.Release()
	if !again() {
		t.Error("a packet that was released is lost")
	}
}

// TestHistoryExpires: gaps, late packets and a source that begins anew leave
// nothing behind that is too old, and take nothing away that is not.
func TestHistoryExpires(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *storage)
		kept   int // of those that came within 1.5 s
	}{
		"nothing":   {func(*storage) {}, 150},
		"a gap":     {func(s *storage) { s.seq += 500 }, 150},
		"many gaps": {func(s *storage) { s.gaps(t, 200) }, 150},
		"late": {func(s *storage) {
			newest := s.seq
			s.seq -= 300 // which have expired, and come again
			s.receive(1)
			s.seq = newest
		}, 150},
		"anew":    {func(s *storage) { s.e.reset(nil); s.seq += 30000 }, 150},
		"a pause": {func(s *storage) { s.now += int64(10 * time.Second) }, 150},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStorage()
			s.run(400, 2*time.Second, 1)
			c.change(s)
			s.run(100, time.Second, 1)
			newest := s.e.highest
			if s.e.history.at(newest) == nil || s.e.history.at(newest-99) == nil {
				t.Error("what came within the second is not there")
			}
			s.run(100, 4*time.Second, 1)
			if n := s.kept(t); n < c.kept-2 || n > c.kept+2 {
				t.Errorf("%d packets are kept, not %d", n, c.kept)
			}
		})
	}
}

// gaps receives every third packet for a while.
func (s *storage) gaps(t *testing.T, n int) {
	t.Helper()
	for range n {
		s.now += int64(5 * time.Millisecond)
		s.seq += 2
		s.receive(1)
	}
}
