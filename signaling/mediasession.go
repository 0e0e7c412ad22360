package signaling

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
)

// mediaSession is one WHIP or WHEP session: a peer and its address.
type mediaSession struct {
	server      *Server
	id          string // unguessable
	door        door
	room        string
	subject     string // sub of the token that opened it; may be empty
	participant *sfu.Participant
	peer        Peer
	answer      string
	choice      *choice       // WHEP with a query; else nil
	slots       []rtc.Slot    // of a WHEP session
	woken       chan struct{} // holds one token when the roster has changed

	mu     sync.Mutex // guards everything below; held while ICE restarts
	etag   string
	remote string // the client's ICE username fragment
}

// openMedia joins the room of claims as one more transport of its identity, and
// answers the offer.
func (srv *Server) openMedia(ctx context.Context, d door, claims access.Claims, offer string, c *choice) (*mediaSession, string, error) {
	s := &mediaSession{
		server: srv, id: secret(), door: d, room: claims.Room, subject: claims.Identity, choice: c,
		woken: make(chan struct{}, 1), remote: firstAttribute(offer, "ice-ufrag"),
	}
	if claims.Identity == "" {
		claims.Identity = stranger()
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	join, err := srv.admitMedia(ctx, d, claims)
	if err != nil {
		return nil, "", err
	}
	if err := srv.reserve(s); err != nil {
		return nil, "", err
	}
	opened := false
	defer func() { // also when something below panics
		if !opened {
			s.abandon()
		}
	}()
	err = srv.join(sfu.RoomID(claims.Room), func(room *sfu.Room) error {
		s.participant, err = srv.members.joinMedia(room, join, s, srv.cfg.MaxPerson)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	answer, err := s.connect(ctx, offer)
	if err != nil {
		return nil, "", err
	}
	s.answer, s.slots, s.etag = answer.SDP, answer.Slots, etag(answer.ICEUfrag)
	opened = true
	srv.members.feeds(s.participant, s, answer.Publications)
	srv.mu.Lock()
	srv.media[s.id] = s
	closed := srv.closed
	srv.mu.Unlock()
	if closed {
		s.peer.Close()
	}
	srv.metrics.media.WithLabelValues(d.name).Inc()
	srv.log.Info("session joined", "kind", d.name, "room", s.room, "participant", string(s.participant.ID()))
	go s.run()
	return s, answer.SDP, nil
}

// admitMedia asks the Admitter. HTTP can't wait: who would have to is refused.
func (srv *Server) admitMedia(ctx context.Context, d door, claims access.Claims) (sfu.Join, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var waits *Waiting
	join, err := srv.deps.Admitter.Admit(ctx, claims, Want{Kind: d.name}, func(w Waiting) {
		mu.Lock()
		defer mu.Unlock()
		waits = &w
		cancel()
	})
	mu.Lock()
	defer mu.Unlock()
	if err != nil && waits != nil && errors.Is(err, context.Canceled) {
		return join, &httpError{status: http.StatusConflict, detail: "admission is pending: " + waits.Message, retry: retryWhenFull}
	}
	return join, err
}

// reserve takes a place among the sessions, and counts the session's goroutine.
func (srv *Server) reserve(s *mediaSession) error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	switch {
	case srv.draining:
		return errDraining
	case len(srv.sessions)+len(srv.media) >= srv.cfg.MaxSessions:
		return errFull
	}
	srv.media[s.id] = nil // nobody can find it yet
	srv.running.Add(1)
	return nil
}

func (srv *Server) release(s *mediaSession) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.media, s.id)
	srv.sessionEnded()
	srv.running.Done()
}

// abandon undoes what was done for a session that did not come to be.
func (s *mediaSession) abandon() {
	if s.peer != nil {
		s.peer.Close()
	}
	if s.participant != nil {
		s.server.members.dropMedia(s.participant, s, true)
	}
	s.server.release(s)
}

// connect makes the peer and answers the first offer.
func (s *mediaSession) connect(ctx context.Context, offer string) (rtc.Answer, error) {
	peer, err := s.server.deps.Peers.NewPeer(s.participant, rtc.PeerOptions{Name: s.door.name + "-" + secret()[:16], Role: s.door.role})
	if err != nil {
		return rtc.Answer{}, err
	}
	s.peer = peer
	return peer.Answer(ctx, offer, nil)
}

// run is the session's goroutine: it keeps a viewer's choice true and forgets
// the session when its peer has ended.
func (s *mediaSession) run() {
	defer s.server.metrics.media.WithLabelValues(s.door.name).Dec()
	defer s.server.release(s)
	defer s.server.members.dropMedia(s.participant, s, false)
	defer s.peer.Close()
	defer s.server.recovered(s.door.name, nil)
	if s.watches() {
		s.server.members.watchRoster(s.participant, s.server)
	}
	s.choose()
	for {
		select {
		case <-s.woken:
			s.choose()
		case <-s.peer.Done():
			return
		}
	}
}

// watches reports whether what the session shows depends on who is there.
func (s *mediaSession) watches() bool { return s.choice != nil && s.choice.live() }

// choose applies the viewer's choice to the room as it is.
func (s *mediaSession) choose() {
	if s.choice == nil {
		return
	}
	for i, want := range s.choice.wants(s.participant.Room(), s.slots) {
		if err := s.slots[i].Subscription.Want(want); err != nil {
			s.server.log.Error("demand of a viewer", "error", err)
		}
	}
}

// rosterChanged wakes the session; it never blocks.
func (s *mediaSession) rosterChanged() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// leave ends the session on purpose. When it returns the participant has left,
// unless something else of ours serves it.
func (s *mediaSession) leave() {
	s.server.mu.Lock()
	delete(s.server.media, s.id)
	s.server.mu.Unlock()
	// First, since the session's goroutine forgets it without a farewell as soon
	// as the peer has ended.
	s.server.members.dropMedia(s.participant, s, true)
	s.peer.Close()
}

func (s *mediaSession) tag() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.etag
}

// etag names an ICE session (RFC 9725 section 4.3.2).
func etag(ufrag string) string { return `"` + ufrag + `"` }

// patch takes candidates, or restarts ICE when the credentials are new.
func (s *mediaSession) patch(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, typeFragment)
	if err != nil {
		return err
	}
	f, err := parseFragment(body)
	if err != nil {
		return statusError(http.StatusBadRequest, "%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	match := strings.Join(r.Header.Values("If-Match"), ",")
	switch {
	case match == "":
		return statusError(http.StatusPreconditionRequired, "If-Match is missing: the ETag of the session, or * to restart ICE")
	case !matches(match, s.etag):
		return statusError(http.StatusPreconditionFailed, "If-Match is not the session's present ETag")
	}
	if f.ufrag == "" || f.ufrag == s.remote {
		w.WriteHeader(http.StatusNoContent) // ICE-lite: the client's checks tell all that its candidates would
		return nil
	}
	ufrag, pwd, err := s.peer.RestartICE(f.ufrag, f.pwd)
	if err != nil {
		return err
	}
	s.remote, s.etag = f.ufrag, etag(ufrag)
	h := w.Header()
	h.Set("Content-Type", typeFragment)
	h.Set("ETag", s.etag)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	io.WriteString(w, restartFragment(s.answer, ufrag, pwd, s.peer.Candidates()))
	return nil
}

// matches compares an If-Match header with an entity tag (RFC 9110 section
// 13.1.1).
func matches(header, etag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || one == etag {
			return true
		}
	}
	return false
}
