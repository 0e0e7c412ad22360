package signaling

import (
	"sync"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
)

// members knows, for every participant that came in through these doors, which
// of our sessions serve it, so that a second session can replace the first and
// the last one out makes the participant leave.
type members struct {
	mu sync.Mutex
	by map[*sfu.Participant]*member
}

type member struct {
	session  *session
	media    map[*mediaSession]struct{}
	feeds    map[*sfu.Publication]*mediaSession // what WHIP publishes, and which session did last
	watching <-chan sfu.Event                   // open while viewers need the roster and no session reads it
}

// of is the member for p, made if need be. Under m.mu.
func (m *members) of(p *sfu.Participant) *member {
	one := m.by[p]
	if one == nil {
		one = &member{media: make(map[*mediaSession]struct{}), feeds: make(map[*sfu.Publication]*mediaSession)}
		m.by[p] = one
	}
	return one
}

// joinSession joins a room as s, which replaces an earlier session of the
// identity, and opens the participant's event stream.
func (m *members) joinSession(room *sfu.Room, j sfu.Join, s *session) (p *sfu.Participant, found bool, events <-chan sfu.Event, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, found, err = room.Join(j)
	if err != nil {
		return nil, false, nil, err
	}
	if err := p.Attach(s.name); err != nil {
		return nil, false, nil, err
	}
	one := m.of(p)
	if one.session != nil {
		one.session.end(leaving(leftReplaced))
	}
	one.session, one.watching = s, nil
	return p, found, p.Events(), nil
}

// dropSession forgets s. Its participant stays for as long as package sfu keeps
// it, in case it comes back; but whoever did not read what it was told is
// removed at once, unless something else of ours serves it.
func (m *members) dropSession(p *sfu.Participant, s *session, slow bool, srv *Server) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.Detach(s.name)
	one := m.by[p]
	if one == nil || one.session != s {
		return
	}
	one.session = nil
	if m.tidy(p, one) && slow {
		p.Leave(sfu.LeftSlow)
		return
	}
	one.watch(p, srv)
}

// joinMedia joins a room as a WHIP or WHEP session. A participant that is there
// already stays as it is and is granted what the token grants besides.
func (m *members) joinMedia(room *sfu.Room, j sfu.Join, s *mediaSession, limit int) (*sfu.Participant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := room.ByIdentity(j.Identity); there != nil {
		if one := m.by[there]; one != nil && len(one.media) >= limit {
			return nil, errManyMedia
		}
		info := there.Info()
		j.Name, j.Metadata, j.Grants = info.Name, info.Metadata, info.Grants|j.Grants
	}
	p, _, err := room.Join(j)
	if err != nil {
		return nil, err
	}
	m.of(p).media[s] = struct{}{}
	return p, nil
}

// watchRoster makes the viewers of p told when the roster of its room changes.
func (m *members) watchRoster(p *sfu.Participant, srv *Server) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(p).watch(p, srv)
}

// feeds says that s publishes; what another session published before is its own
// now.
func (m *members) feeds(p *sfu.Participant, s *mediaSession, list []rtc.Publication) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, pub := range list {
		m.of(p).feeds[pub.Publication] = s
	}
}

// dropMedia forgets a WHIP or WHEP session. leave is for one that was ended on
// purpose: what it publishes ends with it, and if nothing else of ours serves
// the participant it leaves at once.
func (m *members) dropMedia(p *sfu.Participant, s *mediaSession, leave bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.by[p]
	if one == nil {
		return
	}
	if _, there := one.media[s]; !there {
		return
	}
	delete(one.media, s)
	for pub, by := range one.feeds {
		if by == s {
			delete(one.feeds, pub)
			if leave {
				pub.End()
			}
		}
	}
	if one.watching != nil && !one.hasViewers() {
		p.StopEvents(one.watching)
		one.watching = nil
	}
	if m.tidy(p, one) && leave {
		p.Leave(sfu.LeftByItself)
	}
}

// tidy drops a member that nothing serves any more. Under m.mu.
func (m *members) tidy(p *sfu.Participant, one *member) bool {
	if one.session != nil || len(one.media) > 0 {
		return false
	}
	delete(m.by, p)
	return true
}

// rosterChanged wakes the viewers of p.
func (m *members) rosterChanged(p *sfu.Participant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if one := m.by[p]; one != nil {
		for s := range one.media {
			if s.watches() {
				s.rosterChanged()
			}
		}
	}
}

func (one *member) hasViewers() bool {
	for s := range one.media {
		if s.watches() {
			return true
		}
	}
	return false
}

// watch opens the event stream for the sake of viewers, unless a session reads
// it and tells them. Under members.mu.
func (one *member) watch(p *sfu.Participant, srv *Server) {
	if one.session != nil || one.watching != nil || !one.hasViewers() || !srv.begin() {
		return
	}
	events := p.Events()
	one.watching = events
	go func() {
		defer srv.running.Done()
		defer srv.recovered("roster of a viewer", nil)
		for ev := range events {
			if changesRoster(ev) {
				srv.members.rosterChanged(p)
			}
		}
	}()
}

// changesRoster reports whether an event may change who or what is there to be
// viewed.
func changesRoster(ev sfu.Event) bool {
	switch ev.(type) {
	case sfu.Snapshot, sfu.Moved, sfu.ParticipantJoined, sfu.ParticipantUpdated, sfu.ParticipantLeft:
		return true
	}
	return false
}
