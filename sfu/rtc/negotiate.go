package rtc

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"time"

	"switchyard/sfu"
)

// line is one media line of a peer, kept from offer to offer by its place.
type line struct {
	mid     string
	kind    sfu.Kind
	refused bool // its place may be taken by another line

	// What the client sends.
	track  sfu.Track
	source *source
	pub    *sfu.Publication

	// What the client receives.
	codecs sfu.CodecSet
	stream string
	slot   *slotLine
	sub    *sfu.Subscription
}

// release ends what flows over the line; its publication stays, silent.
func (l *line) release() {
	if l.pub != nil {
		l.pub.Detach(l.source)
	}
	if l.sub != nil {
		l.sub.Close()
	}
}

// plan is what an offer would change, before anything is changed.
type plan struct {
	offer  *offer
	lines  []*line // as they will be; new objects, so that the old ones stay
	answer []answerLine
	undo   []func() // takes back what was done, if something later fails
	done   []func() // what is done once nothing can fail any more
}

// Answer answers the first offer and every later one: lines may be added, turned
// or refused, codecs changed, ICE restarted. Offers are answered one after
// another. An OfferError says what can't be served; after any error the peer is
// as it was before. A slot's Subscription stays while its line can decode the
// same codecs; it is another one after that has changed.
func (p *Peer) Answer(ctx context.Context, offer string, tracks []TrackOffer) (Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Answer{}, ErrClosed
	}
	o, err := parseOffer(offer)
	if err != nil {
		return Answer{}, err
	}
	if p.dtls != nil && !slices.ContainsFunc(o.prints, p.hasFingerprint) {
		return Answer{}, badOffer("sdp.fingerprint", "another certificate than before; a new connection needs a new session")
	}
	pl, err := p.plan(o, tracks)
	if err != nil {
		return Answer{}, err
	}
	if err = p.perform(pl); err == nil {
		err = p.transport(ctx, o)
	}
	if err != nil {
		for _, undo := range slices.Backward(pl.undo) {
			undo()
		}
		return Answer{}, err
	}
	for _, f := range pl.done {
		f()
	}
	p.lines = pl.lines
	p.version++
	p.configure(pl)
	return p.describe(pl), nil
}

func (p *Peer) hasFingerprint(f fingerprint) bool {
	return slices.ContainsFunc(p.prints, func(g fingerprint) bool { return f.hash == g.hash && slices.Equal(f.digest, g.digest) })
}

// plan decides what becomes of each line.
func (p *Peer) plan(o *offer, tracks []TrackOffer) (*plan, error) {
	if len(o.lines) < len(p.lines) {
		return nil, badOffer("sdp.m", "%d media lines, but there were %d; a line is stopped by port 0, not left out", len(o.lines), len(p.lines))
	}
	byMid, err := offeredTracks(tracks)
	if err != nil {
		return nil, err
	}
	pl := &plan{offer: o, lines: make([]*line, len(o.lines)), answer: make([]answerLine, len(o.lines))}
	slots, sending := 0, 0
	for i := range o.lines {
		ol := &o.lines[i]
		field := func(name string) string { return fmt.Sprintf("sdp.m[%d].%s", i, name) }
		l := &line{mid: ol.mid, kind: ol.kind, refused: ol.refused}
		if i < len(p.lines) && !p.lines[i].refused {
			old := p.lines[i]
			if !ol.refused && (old.mid != ol.mid || old.kind != ol.kind) {
				return nil, badOffer(field("mid"), "%q (%v) was %q (%v) before", ol.mid, ol.kind, old.mid, old.kind)
			}
			*l = *old
			l.refused = ol.refused
		}
		pl.lines[i] = l
		al := &pl.answer[i]
		al.offer = ol
		if ol.refused {
			al.rejected = true
			continue
		}
		al.recv = ol.send && p.role != Viewer
		al.send = ol.recv && p.role != Publisher
		al.codecs = ol.codecs
		if al.recv {
			sending++
			k, given := byMid[ol.mid]
			if l.track, err = p.trackOf(ol, k, given, tracks); err != nil {
				return nil, err
			}
			delete(byMid, ol.mid)
			al.codecs = prefer(ol.codecs, p.participant.Room().Codecs(ol.kind), al.send)
			al.rids = ol.rids
		}
		if al.send {
			slots++
		}
	}
	for mid, k := range byMid {
		return nil, badOffer(fmt.Sprintf("tracks[%d].mid", k), "%.40q is no line that the client sends on", mid)
	}
	if slots > p.server.cfg.MaxSlots {
		return nil, tooMany("sdp.m", "%d receiving lines is more than %d", slots, p.server.cfg.MaxSlots)
	}
	if sending > p.server.cfg.MaxTracks {
		return nil, tooMany("sdp.m", "%d sending lines is more than %d", sending, p.server.cfg.MaxTracks)
	}
	return pl, nil
}

// offeredTracks finds the entry of each mid.
func offeredTracks(tracks []TrackOffer) (map[string]int, error) {
	byMid, ids := make(map[string]int), make(map[string]bool)
	for k, t := range tracks {
		if _, twice := byMid[t.Mid]; twice {
			return nil, badOffer(fmt.Sprintf("tracks[%d].mid", k), "%.40q is there twice", t.Mid)
		}
		if t.Track.ID != "" && ids[t.Track.ID] {
			return nil, badOffer(fmt.Sprintf("tracks[%d].track", k), "%.64q is there twice", t.Track.ID)
		}
		byMid[t.Mid], ids[t.Track.ID] = k, true
	}
	return byMid, nil
}

// trackOf is the track of a sending line: as signaling describes it, or, for a
// publisher without signaling, made up from the line.
func (p *Peer) trackOf(ol *offerLine, k int, given bool, tracks []TrackOffer) (sfu.Track, error) {
	t := sfu.Track{ID: "whip-" + ol.mid, Kind: ol.kind, Source: sfu.Camera}
	if ol.kind == sfu.Audio {
		t.Source = sfu.Microphone
	}
	field := func(name string) string { return fmt.Sprintf("tracks[%d].%s", k, name) }
	switch {
	case given:
		t = tracks[k].Track
	case p.role == Both:
		return t, badOffer("tracks", "no entry for line %q, which the client sends on", ol.mid)
	}
	if t.Kind == 0 {
		t.Kind = ol.kind
	}
	if t.Kind != ol.kind {
		return t, badOffer(field("source"), "%v, but line %q is %v", t.Kind, ol.mid, ol.kind)
	}
	t.Clock = p.name
	t.Encodings = slices.Clone(t.Encodings)
	if len(ol.rids) == 0 {
		if len(t.Encodings) > 1 {
			return t, badOffer(field("encodings"), "%d, but line %q has no simulcast", len(t.Encodings), ol.mid)
		}
		if len(t.Encodings) == 1 {
			t.Encodings[0].RID = ""
		}
		return t, nil
	}
	if len(t.Encodings) == 0 {
		for _, rid := range ol.rids {
			t.Encodings = append(t.Encodings, sfu.Encoding{RID: rid})
		}
	}
	for j, e := range t.Encodings {
		if !slices.Contains(ol.rids, e.RID) {
			return t, badOffer(fmt.Sprintf("%s[%d].rid", field("encodings"), j), "%.40q is no rid of line %q", e.RID, ol.mid)
		}
	}
	if len(t.Encodings) != len(ol.rids) {
		return t, badOffer(field("encodings"), "%d, but line %q has %d rids", len(t.Encodings), ol.mid, len(ol.rids))
	}
	return t, nil
}

// perform publishes and subscribes; what it did can be undone by pl.undo.
func (p *Peer) perform(pl *plan) error {
	for i, l := range pl.lines {
		if pl.answer[i].recv {
			if err := p.publish(pl, i, l); err != nil {
				return fmt.Errorf("publish line %q: %w", l.mid, err)
			}
		} else if l.pub != nil {
			p.unpublish(pl, l)
		}
	}
	var leader *line // the first video slot
	for _, kind := range []sfu.Kind{sfu.Video, sfu.Audio} {
		first := true
		for i, l := range pl.lines {
			if l.kind != kind {
				continue
			}
			if !pl.answer[i].send {
				p.unsubscribe(pl, l)
				continue
			}
			if err := p.subscribe(pl, i, l, leader, first); err != nil {
				return fmt.Errorf("open slot %q: %w", l.mid, err)
			}
			if first && kind == sfu.Video {
				leader = l
			}
			first = false
		}
	}
	return nil
}

// publish makes the track of a line live, or tells the room what changed of it.
func (p *Peer) publish(pl *plan, i int, l *line) error {
	var before *line
	if i < len(p.lines) && !p.lines[i].refused && p.lines[i].pub != nil {
		before = p.lines[i]
	}
	al := &pl.answer[i]
	if before != nil && before.track.ID != l.track.ID {
		p.unpublish(pl, &line{pub: before.pub, source: before.source, track: before.track})
		before = nil
	}
	if before == nil || !slices.Equal(before.source.line.rids, trackRIDs(l.track)) {
		l.source = &source{peer: p, line: &pubLine{mid: l.mid, kind: l.kind, rids: trackRIDs(l.track)}}
		for k := range max(len(l.track.Encodings), 1) {
			l.source.line.encodings = append(l.source.line.encodings, &pubEncoding{line: l.source.line, index: k})
		}
	}
	pub := l.pub
	if before == nil || l.source != before.source || !sameTrack(l.track, before.track) {
		if before != nil {
			// Muted says how a track begins; what became of it since is not the offer's.
			l.track.Muted = before.pub.Info().Track.Muted
		}
		var err error
		if pub, err = p.participant.Publish(l.track, l.source); err != nil {
			return err
		}
		if before == nil {
			src := l.source
			pl.undo = append(pl.undo, func() { pub.Detach(src) })
		} else {
			pl.undo = append(pl.undo, func() { p.participant.Publish(before.track, before.source) })
		}
	}
	l.pub = pub
	src, types := l.source, payloadTypesOf(al.offer.codecs)
	pl.done = append(pl.done, func() {
		p.server.loop.Post(func() { src.line.pub, src.line.types = pub, types })
	})
	return nil
}

// sameTrack reports whether a later offer describes a track as before.
func sameTrack(a, b sfu.Track) bool {
	same := slices.Equal(a.Encodings, b.Encodings)
	a.Muted, a.Encodings, b.Encodings = b.Muted, nil, nil
	return same && reflect.DeepEqual(a, b)
}

func trackRIDs(t sfu.Track) []string {
	var rids []string
	for _, e := range t.Encodings {
		if e.RID != "" {
			rids = append(rids, e.RID)
		}
	}
	return rids
}

// unpublish ends what a line published, unless another line of the same offer
// publishes the track.
func (p *Peer) unpublish(pl *plan, l *line) {
	pub, id := l.pub, l.track.ID
	l.pub, l.source = nil, nil
	pl.done = append(pl.done, func() {
		for i, other := range pl.lines {
			if pl.answer[i].recv && other.track.ID == id {
				return
			}
		}
		pub.End()
	})
}

// subscribe opens the slot of a line. The first audio slot goes with leader, the
// first video slot, and shares its stream, so that browsers keep them in step.
func (p *Peer) subscribe(pl *plan, i int, l *line, leader *line, first bool) error {
	al := &pl.answer[i]
	codecs := codecSet(al.codecs)
	if l.sub != nil && l.codecs == codecs {
		format := newSlotFormat(al.codecs, al.extensions(), pl.offer.mixed)
		slot := l.slot
		pl.done = append(pl.done, func() { p.server.loop.Post(func() { slot.format = format }) })
		return nil
	}
	if old := l.sub; old != nil {
		pl.done = append(pl.done, old.Close)
	}
	slot := &slotLine{
		peer: p, mid: l.mid, kind: l.kind,
		ssrc:    p.freshSSRC(),
		rtxNext: uint64(random32() & 0x7fff), // RFC 3711 section 3.3.1: far from the first rollover
		format:  newSlotFormat(al.codecs, al.extensions(), pl.offer.mixed),
		rate:    int64(al.codecs[0].codec.ClockRate()),
	}
	for _, c := range al.codecs {
		if c.rtx != 0 {
			slot.rtx = slot.ssrc | 1
		}
	}
	want := sfu.Slot{Receiver: p.name, Name: l.mid, Kind: l.kind, Codecs: codecs}
	stream := "stream-" + l.mid
	if first && l.kind == sfu.Video {
		stream = "speaker"
	}
	if first && l.kind == sfu.Audio && leader != nil {
		want.With, stream = leader.sub, leader.stream
	}
	sub, err := p.participant.Subscribe(want, slot)
	if err != nil {
		return err
	}
	pl.undo = append(pl.undo, sub.Close)
	l.slot, l.sub, l.codecs, l.stream = slot, sub, codecs, stream
	return nil
}

// freshSSRC returns an even SSRC that this peer never used, since a packet index
// must not come twice under one key; the odd one after it is its retransmission's.
func (p *Peer) freshSSRC() uint32 {
	for {
		ssrc := random32() &^ 1
		if _, used := p.usedSSRCs[ssrc]; !used && ssrc != 0 && ssrc != p.ssrc&^1 {
			p.usedSSRCs[ssrc] = struct{}{}
			return ssrc
		}
	}
}

func random32() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])
}

func (p *Peer) unsubscribe(pl *plan, l *line) {
	if l.sub == nil {
		return
	}
	pl.done = append(pl.done, l.sub.Close)
	l.sub, l.slot, l.codecs = nil, nil, 0
}

// transport starts ICE and DTLS at the first offer and restarts ICE when the
// client's credentials have changed.
func (p *Peer) transport(ctx context.Context, o *offer) error {
	remote := [2]string{o.ufrag, o.pwd}
	if p.ice == nil {
		return p.startTransport(ctx, o, remote)
	}
	if remote == p.remote {
		return nil
	}
	return p.restart(ctx, remote)
}

func (p *Peer) startTransport(ctx context.Context, o *offer, remote [2]string) error {
	ice, err := newICESide(p.server, p.writeICE, p.nominated)
	if err != nil {
		return err
	}
	ufrag, pwd, err := ice.start(ctx, remote[0], remote[1])
	if err != nil {
		ice.close()
		return err
	}
	dtls, err := newDTLSSide(p.server, o.prints, p.writeDTLS)
	if err != nil {
		ice.close()
		return err
	}
	p.ice, p.dtls, p.prints, p.remote = ice, dtls, o.prints, remote
	p.local = [2]string{ufrag, pwd}
	p.answered = time.Now()
	p.register(ufrag)
	p.tasks.Go(func() { p.connect(dtls) })
	return nil
}

// restart gives the client new credentials to check against. DTLS and the keys
// stay, and media goes on.
func (p *Peer) restart(ctx context.Context, remote [2]string) error {
	ufrag, pwd, err := p.ice.restart(ctx, remote[0], remote[1])
	if err != nil {
		p.end(endFault) // the old credentials are gone, so nothing is as it was
		return err
	}
	p.remote, p.local = remote, [2]string{ufrag, pwd}
	p.register(ufrag)
	return nil
}

// register makes a username fragment the peer's.
func (p *Peer) register(ufrag string) {
	ice, dtls := p.ice, p.dtls
	p.server.loop.Post(func() {
		if p.removed {
			return
		}
		if p.ufrag != "" {
			delete(p.server.ufrags, p.ufrag)
		}
		p.ufrag, p.iceLoop, p.dtlsLoop = ufrag, ice, dtls
		p.server.ufrags[ufrag] = p
	})
}

// RestartICE restarts ICE without an offer, as WHIP and WHEP do by PATCH (RFC
// 9725 section 4.3.2): the stored offer counts on, with the client's new
// credentials. It returns the server's new ones. An OfferError if the
// credentials are impossible.
func (p *Peer) RestartICE(remoteUfrag, remotePwd string) (ufrag, pwd string, err error) {
	if err := checkCredentials(remoteUfrag, remotePwd); err != nil {
		return "", "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.ice == nil {
		return "", "", ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.server.cfg.ConnectTimeout)
	defer cancel()
	if err := p.restart(ctx, [2]string{remoteUfrag, remotePwd}); err != nil {
		return "", "", err
	}
	return p.local[0], p.local[1], nil
}

// configure gives the loop what the lines are now.
func (p *Peer) configure(pl *plan) {
	var (
		ext      extensionIDs
		pubLines []*pubLine
		slots    []*slotLine
		feedback bool
	)
	type opened struct {
		slot *slotLine
		sub  *sfu.Subscription
	}
	var subs []opened
	for i, l := range pl.lines {
		al := &pl.answer[i]
		if al.recv {
			pubLines = append(pubLines, l.source.line)
			for e, id := range al.extensions() {
				if ext[e] == 0 {
					ext[e] = id
				}
			}
			for _, c := range al.codecs {
				feedback = feedback || al.feedback(c)&feedbackTransportCC != 0
			}
		}
		if l.slot != nil {
			slots = append(slots, l.slot)
			subs = append(subs, opened{l.slot, l.sub})
		}
	}
	rsize := pl.offer.rsize
	p.server.loop.Post(func() {
		if p.removed {
			return
		}
		for _, s := range subs {
			s.slot.sub = s.sub
		}
		p.adopt(ext, rsize, feedback, pubLines, slots)
	})
}

// adopt is configure's half on the loop.
func (p *Peer) adopt(ext extensionIDs, rsize, feedback bool, pubLines []*pubLine, slots []*slotLine) {
	p.ext, p.rsize, p.pubLines, p.slotList = ext, rsize, pubLines, slots
	clear(p.slots)
	for _, s := range slots {
		p.slots[s.ssrc] = s
	}
	if feedback && p.arrivals == nil {
		p.arrivals = new(arrivals)
	}
	for ssrc, st := range p.streams {
		if st.enc == nil || slices.Contains(pubLines, st.enc.line) {
			continue
		}
		p.moveStream(ssrc, st)
	}
	p.releaseHeld(p.server.now)
	p.server.flush(p.server.now)
}

// moveStream hands an SSRC over to the line that has the place of the one it
// was on, since a client says only at first which line an SSRC belongs to.
func (p *Peer) moveStream(ssrc uint32, st *inStream) {
	old := st.enc
	st.enc = nil
	for _, line := range p.pubLines {
		if line.mid != old.line.mid || !slices.Equal(line.rids, old.line.rids) {
			continue
		}
		st.enc = line.encodings[old.index]
		if !st.rtx {
			st.enc.primary, st.enc.known = ssrc, true
		}
	}
}

// describe makes the answer.
func (p *Peer) describe(pl *plan) Answer {
	s := p.server
	text := answerText{
		session: p.session, version: p.version, mixed: pl.offer.mixed, rsize: pl.offer.rsize,
		ufrag: p.local[0], pwd: p.local[1], fingerprint: s.identity.fingerprint,
		addr: s.addrs[0], port: s.Addr().Port(), candidates: s.candidates, cname: p.cname,
		lines: pl.answer,
	}
	a := Answer{ICEUfrag: p.local[0], ICEPwd: p.local[1]}
	for i, l := range pl.lines {
		al := &pl.answer[i]
		if al.send {
			al.ssrc, al.rtxSSRC, al.stream = l.slot.ssrc, l.slot.rtx, l.stream
			a.Slots = append(a.Slots, Slot{Mid: l.mid, Kind: l.kind, Subscription: l.sub})
		}
		if al.recv {
			a.Publications = append(a.Publications, Publication{Mid: l.mid, Publication: l.pub})
		}
	}
	a.SDP = text.String()
	return a
}
