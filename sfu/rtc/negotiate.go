package rtc

import (
	"context"
	"fmt"
	"slices"

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
// same codecs; it is another one after that has changed. The first
// audio slot's is another one too if the first video slot's is.
func (p *Peer) Answer(ctx context.Context, offer string, tracks []TrackOffer) (Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return Answer{}, ErrClosed
	}
	if err := ctx.Err(); err != nil { // it waited for another offer's answer
		return Answer{}, fmt.Errorf("answer the offer: %w", err)
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
		err = p.transport(o)
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

// describe makes the answer.
func (p *Peer) describe(pl *plan) Answer {
	s := p.server
	text := answerText{
		session: p.session, version: p.version, mixed: pl.offer.mixed, rsize: pl.offer.rsize,
		ufrag: p.ice.ufrag, pwd: p.ice.pwd, fingerprint: s.identity.fingerprint,
		addr: s.addrs[0], port: s.Addr().Port(), candidates: s.candidates, cname: p.cname,
		lines: pl.answer,
	}
	a := Answer{ICEUfrag: p.ice.ufrag, ICEPwd: p.ice.pwd}
	for i, l := range pl.lines {
		al := &pl.answer[i]
		if al.send {
			al.ssrc, al.stream = l.slot.ssrc, l.stream
			if slices.ContainsFunc(al.codecs, func(c offeredCodec) bool { return c.rtx != 0 }) {
				al.rtxSSRC = l.slot.rtx
			}
			a.Slots = append(a.Slots, Slot{Mid: l.mid, Kind: l.kind, Subscription: l.sub})
		}
		if al.recv {
			a.Publications = append(a.Publications, Publication{Mid: l.mid, Publication: l.pub})
		}
	}
	a.SDP = text.String()
	return a
}
