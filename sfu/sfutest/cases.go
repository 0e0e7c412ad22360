package sfutest

import (
	"time"

	"switchyard/sfu"
)

func (s *stage) join() {
	m := s.enter("a", s.publisherIsOurs)
	p := m.Participant()
	if s.room.ByIdentity("a") != p || p.Info().Reconnecting {
		s.Fatalf("a is not in the room: %+v", p.Info())
	}
	s.during(3 * time.Second)
	if p.Info().Reconnecting {
		s.Error("a with its transport is shown as reconnecting")
	}
	p.Leave(sfu.LeftByItself)
	s.until("a is gone", func() bool { return s.room.ByIdentity("a") == nil })
}

func (s *stage) publish() {
	_, feed := s.publisher("a")
	_, line := s.viewer("b")
	s.until("b receives a", s.more(line, 50, feed), feed)
	s.intact(line)
	if info := feed.Publication().Info(); info.Codec.Kind() != s.media || info.Track.ID != "one" {
		s.Errorf("publication is %+v", info)
	}
	packets := line.Packets()
	for i := 1; i < len(packets); i++ {
		if packets[i].Sequence != packets[i-1].Sequence+1 {
			s.Fatalf("sequence number %d after %d", packets[i].Sequence, packets[i-1].Sequence)
		}
	}
}

func (s *stage) lateSubscribe() {
	_, feed := s.publisher("a")
	s.during(2*time.Second, feed)
	_, line := s.viewer("b")
	s.until("a late b receives a", s.more(line, 10, feed), feed)
	s.intact(line)
	if first := line.Packets()[0]; first.Sequence >= 1<<15 {
		s.Errorf("the first sequence number is %d, not below 2^15", first.Sequence)
	}
}

func (s *stage) keyframeOnSubscribe() {
	_, feed := s.publisher("a")
	s.during(time.Second, feed)
	asked := feed.KeyframesAsked()
	_, line := s.viewer("b")
	s.until("b receives a", s.more(line, 5, feed), feed)
	if s.media == sfu.Audio {
		return
	}
	if feed.KeyframesAsked() == asked {
		s.Error("no keyframe was asked for")
	}
	if _, _, key, _ := ReadFrame(s.media, line.Packets()[0].Payload); !key {
		s.Error("the first packet is not a keyframe's")
	}
}

func (s *stage) switching() {
	_, first := s.publisher("a")
	_, second := s.publisher("b")
	_, line := s.viewer("c")
	for range 5 {
		for _, feed := range []Feed{first, second} {
			s.must(line.Subscription().Want(sfu.Demand{Kind: sfu.WantTrack, Publication: feed.Publication().ID(), Width: 640, Height: 360}))
			s.until("c receives what it wants", s.more(line, 10, feed), first, second)
		}
	}
	s.intact(line)
	var before *Received
	for _, p := range line.Packets() {
		if before != nil && p.CSRC != before.CSRC && s.media == sfu.Video {
			if _, _, key, _ := ReadFrame(s.media, p.Payload); !key {
				s.Error("switched elsewhere than at a keyframe")
			}
		}
		before = &p
	}
}

func (s *stage) mute() {
	publisher, feed := s.publisher("a")
	_, line := s.viewer("b")
	s.until("b receives a", s.more(line, 5, feed), feed)
	s.must(feed.Publication().Mute(true, publisher.Participant().ID()))
	s.during(500*time.Millisecond, feed)
	before := len(line.Packets())
	s.during(time.Second, feed)
	if n := len(line.Packets()) - before; n > 0 {
		s.Errorf("%d packets of a muted publication", n)
	}
	s.must(feed.Publication().Mute(false, publisher.Participant().ID()))
	s.until("b receives a again", s.more(line, 5, feed), feed)
	s.intact(line)
}

func (s *stage) slowSink() {
	_, feed := s.publisher("a")
	_, slow := s.viewer("b")
	_, line := s.viewer("c")
	s.until("b receives a", s.more(slow, 5, feed), feed)
	s.until("c receives a", s.more(line, 5, feed), feed)
	slow.Stall(true)
	s.until("c still receives a", s.more(line, 100, feed), feed)
	slow.Stall(false)
	s.until("b receives a again", s.more(slow, 5, feed), feed)
	s.intact(line)
	s.intact(slow)
}

func (s *stage) reload() {
	publisher, feed := s.publisher("a")
	viewer, line := s.viewer("b")
	s.until("b receives a", s.more(line, 5, feed), feed)
	id := feed.Publication().ID()
	s.must(publisher.Reload())
	s.until("b receives a after its reload", s.more(line, 5, feed), feed)
	s.intact(line)
	if feed.Publication().ID() != id || len(publisher.Participant().Info().Publications) != 1 {
		s.Error("the publication is another one, or there twice")
	}
	s.must(viewer.Reload())
	s.must(line.Subscription().Want(sfu.Demand{Width: 640, Height: 360}))
	s.until("b receives a after its own reload", s.more(line, 5, feed), feed)
	if n := len(s.room.Participants()); n != 2 {
		s.Errorf("%d participants", n)
	}
}

func (s *stage) twoTransports() {
	publisher, feed := s.publisher("a")
	p := publisher.Participant()
	second := s.member(p, s.viewerIsOurs)
	own := s.line(second)
	_, others := s.publisher("b")
	s.until("a's second transport receives b", s.more(own, 10, others), feed, others)
	for _, packet := range own.Packets() {
		if packet.CSRC == feed.Publication().Number() {
			s.Fatal("a receives itself")
		}
	}
	second.Close()
	s.during(time.Second, feed)
	if s.room.ByIdentity("a") != p || p.Info().Reconnecting && p.Attached() > 0 {
		s.Error("a suffers from the end of one of its transports")
	}
}

func (s *stage) move() {
	publisher, feed := s.publisher("a")
	_, stays := s.viewer("b")
	s.until("b receives a", s.more(stays, 5, feed), feed)
	to := s.open("another room")
	from := s.room
	s.room = to
	_, there := s.viewer("c")
	s.must(from.Move(publisher.Participant(), to))
	s.until("c receives a", s.more(there, 5, feed), feed)
	before := len(stays.Packets())
	s.during(time.Second, feed)
	if n := len(stays.Packets()) - before; n > 0 {
		s.Errorf("b still got %d packets", n)
	}
	if from.ByIdentity("a") != nil || to.ByIdentity("a") != publisher.Participant() {
		s.Error("a is not in the other room alone")
	}
	s.intact(there)
}

func (s *stage) leaveMidBatch() {
	_, feed := s.publisher("a")
	leaver, leaving := s.viewer("b")
	_, line := s.viewer("c")
	s.until("b receives a", s.more(leaving, 5, feed), feed)
	s.until("c receives a", s.more(line, 5, feed), feed)
	for i := range 20 {
		feed.Send()
		if i == 10 {
			leaver.Participant().Leave(sfu.LeftByItself)
		}
		feed.Send()
	}
	s.until("c goes on receiving", s.more(line, 20, feed), feed)
	s.intact(line)
	feed.Send()
	feed.Publication().Participant().Leave(sfu.LeftByItself)
	feed.Send()
	s.during(200*time.Millisecond, feed)
	if s.room.ByIdentity("a") != nil || s.room.ByIdentity("b") != nil {
		s.Error("who left is still there")
	}
}

func (s *stage) doubleClose() {
	publisher, feed := s.publisher("a")
	viewer, line := s.viewer("b")
	s.until("b receives a", s.more(line, 5, feed), feed)
	line.Subscription().Close()
	line.Subscription().Close()
	feed.Publication().End()
	feed.Publication().End()
	viewer.Close()
	viewer.Close()
	publisher.Close()
	publisher.Close()
	for _, m := range []Member{viewer, publisher} {
		m.Participant().Leave(sfu.LeftByItself)
		m.Participant().Leave(sfu.LeftByItself)
	}
	s.during(100*time.Millisecond, feed)
	s.room.Close(sfu.LeftClosed)
	s.room.Close(sfu.LeftClosed)
	if s.sfu.Room("room") != nil {
		s.Error("the room is still open")
	}
}
