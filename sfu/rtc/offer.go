package rtc

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"switchyard/sfu"
)

const (
	maxSDP   = 256 << 10
	maxMid   = 16 // what a one-byte header extension element can carry (RFC 8285)
	maxRID   = 16
	maxRIDs  = 8
	maxLines = 1024 // media lines of every kind, refused ones included
)

// extension is a header extension that is understood.
type extension uint8

const (
	extMid extension = iota
	extRID
	extRepairedRID
	extAudioLevel
	extTransportCC
	extDependency
	extensionsKnown
)

var extensionURIs = [extensionsKnown]string{
	"urn:ietf:params:rtp-hdrext:sdes:mid",                    // RFC 9143
	"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",          // RFC 8852
	"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", // RFC 8852
	"urn:ietf:params:rtp-hdrext:ssrc-audio-level",            // RFC 6464
	"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
	"https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
}

// extensionIDs are the ids of the known extensions; 0: not offered.
type extensionIDs [extensionsKnown]uint8

// offer is what matters of a client's offer.
type offer struct {
	lines  []offerLine
	ufrag  string
	pwd    string
	prints []fingerprint
	mixed  bool // one- and two-byte header extensions may alternate (RFC 8285)
	rsize  bool // RTCP need not be compound (RFC 5506)
}

// offerLine is one media line, seen from the client: send means that it sends.
type offerLine struct {
	media   string // audio, video, application …
	proto   string
	formats []string
	mid     string
	refused bool // to be answered with port 0
	kind    sfu.Kind
	send    bool
	recv    bool
	codecs  []offeredCodec
	ext     extensionIDs
	rids    []string // simulcast (RFC 8853), as offered
}

// parseOffer reads an offer and refuses what can't be served, naming the
// attribute at fault.
func parseOffer(text string) (*offer, error) {
	if len(text) > maxSDP {
		return nil, badOffer("sdp", "%d bytes is more than %d", len(text), maxSDP)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, badOffer("sdp", "not a session description: %.120s", strings.ToValidUTF8(err.Error(), "?"))
	}
	if len(d.MediaDescriptions) == 0 || len(d.MediaDescriptions) > maxLines {
		return nil, badOffer("sdp.m", "%d media lines is not between 1 and %d", len(d.MediaDescriptions), maxLines)
	}
	o := &offer{lines: make([]offerLine, len(d.MediaDescriptions)), rsize: true}
	_, o.mixed = d.Attribute("extmap-allow-mixed")
	if _, lite := d.Attribute("ice-lite"); lite {
		return nil, badOffer("sdp.ice-lite", "the server is ICE-lite itself, so the client must do full ICE")
	}
	mids := make(map[string]bool)
	var bundled *sdp.MediaDescription
	for i, m := range d.MediaDescriptions {
		if err := o.readLine(i, m, mids); err != nil {
			return nil, err
		}
		if !o.lines[i].refused && bundled == nil {
			bundled = m
		}
	}
	if bundled == nil {
		return nil, badOffer("sdp.m", "no audio or video line is open")
	}
	if err := o.readBundle(&d); err != nil {
		return nil, err
	}
	return o, o.readTransport(&d, bundled)
}

// readLine reads media line i.
func (o *offer) readLine(i int, m *sdp.MediaDescription, mids map[string]bool) error {
	at := func(name string) string { return "sdp.m[" + strconv.Itoa(i) + "]." + name }
	l := &o.lines[i]
	l.media, l.formats = m.MediaName.Media, m.MediaName.Formats
	l.proto = strings.Join(m.MediaName.Protos, "/")
	if !plain(l.media, 32) || !plainEach(l.formats) || !plain(strings.ReplaceAll(l.proto, "/", ""), 64) {
		return badOffer(at("media"), "%.40q has characters that do not belong there", l.media)
	}
	_, bundleOnly := m.Attribute("bundle-only")
	l.mid, _ = m.Attribute("mid")
	switch {
	case m.MediaName.Port.Value == 0 && !bundleOnly:
		l.refused = true
	case l.media == "audio":
		l.kind = sfu.Audio
	case l.media == "video":
		l.kind = sfu.Video
	default:
		l.refused = true
	}
	if l.mid != "" || !l.refused {
		if !plain(l.mid, maxMid) {
			return badOffer(at("mid"), "%.40q is not 1 to %d letters, digits or -_.", l.mid, maxMid)
		}
		if mids[l.mid] {
			return badOffer(at("mid"), "%q is there twice", l.mid)
		}
		mids[l.mid] = true
	}
	if l.refused {
		return nil
	}
	if !strings.HasSuffix(l.proto, "RTP/SAVPF") {
		return badOffer(at("proto"), "%.40q is not UDP/TLS/RTP/SAVPF", l.proto)
	}
	if _, ok := m.Attribute("rtcp-mux"); !ok {
		return badOffer("sdp.rtcp-mux", "line %d has none; RTP and RTCP share one port (RFC 8858)", i)
	}
	if _, ok := m.Attribute("rtcp-rsize"); !ok {
		o.rsize = false
	}
	if _, ok := m.Attribute("extmap-allow-mixed"); ok {
		o.mixed = true
	}
	l.send, l.recv = direction(m)
	l.codecs = offeredCodecs(rtpmaps(m))
	if len(l.codecs) == 0 {
		if !l.send && !l.recv {
			l.refused = true
			return nil
		}
		want := "opus"
		if l.kind == sfu.Video {
			want = "vp8, vp9 (profile 0), h264 (packetization-mode=1, constrained baseline), av1 (profile 0)"
		}
		return badOffer(at("codec"), "no codec in common; the server has %s", want)
	}
	l.ext = headerExtensions(m, o.mixed)
	if l.send && l.kind == sfu.Video {
		rids, ok := simulcast(m)
		if !ok {
			return badOffer(at("simulcast"), "not a list of at most %d different rids of at most %d letters or digits", maxRIDs, maxRID)
		}
		l.rids = rids
		if len(rids) > 0 && (l.ext[extMid] == 0 || l.ext[extRID] == 0) {
			return badOffer(at("extmap"), "simulcast needs the header extensions %s and %s", extensionURIs[extMid], extensionURIs[extRID])
		}
	}
	return nil
}

// readBundle checks that all open lines share one transport (RFC 9143).
func (o *offer) readBundle(d *sdp.SessionDescription) error {
	open := 0
	for _, l := range o.lines {
		if !l.refused {
			open++
		}
	}
	group := make(map[string]bool)
	for _, a := range d.Attributes {
		if rest, ok := strings.CutPrefix(a.Value, "BUNDLE"); ok && a.Key == "group" && len(group) == 0 {
			for mid := range strings.FieldsSeq(rest) {
				group[mid] = true
			}
		}
	}
	if open == 1 && len(group) == 0 {
		return nil
	}
	for i, l := range o.lines {
		if !l.refused && !group[l.mid] {
			return badOffer("sdp.group", "line %d (mid %q) is not in the first BUNDLE group; all lines share one transport", i, l.mid)
		}
	}
	return nil
}

// readTransport reads what all lines share: from the first open one, else from
// the session.
func (o *offer) readTransport(d *sdp.SessionDescription, m *sdp.MediaDescription) error {
	get := func(key string) string {
		if v, ok := m.Attribute(key); ok {
			return v
		}
		v, _ := d.Attribute(key)
		return v
	}
	switch setup := get("setup"); setup {
	case "actpass", "active":
	default:
		return badOffer("sdp.setup", "%.40q is not actpass or active; the server is always the DTLS server", setup)
	}
	o.ufrag, o.pwd = get("ice-ufrag"), get("ice-pwd")
	if err := checkCredentials(o.ufrag, o.pwd); err != nil {
		return err
	}
	for _, a := range append(append([]sdp.Attribute(nil), m.Attributes...), d.Attributes...) {
		if a.Key != "fingerprint" || len(o.prints) >= 8 {
			continue
		}
		if f, ok := parseFingerprint(a.Value); ok {
			o.prints = append(o.prints, f)
		}
	}
	if len(o.prints) == 0 {
		return badOffer("sdp.fingerprint", "none that is sha-256, sha-384 or sha-512 (RFC 8122)")
	}
	return nil
}

// checkCredentials checks a client's ICE credentials (RFC 8839 section 5.4).
func checkCredentials(ufrag, pwd string) error {
	if len(ufrag) < 4 || len(ufrag) > 256 || !iceText(ufrag) {
		return badOffer("sdp.ice-ufrag", "%.40q is not 4 to 256 characters of ICE", ufrag)
	}
	if len(pwd) < 22 || len(pwd) > 256 || !iceText(pwd) {
		return badOffer("sdp.ice-pwd", "%d characters, not 22 to 256 of ICE", len(pwd))
	}
	return nil
}

func iceText(s string) bool {
	for _, c := range []byte(s) {
		// RFC 8839 has letters, digits, + and /; some clients use - and _ too.
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_=", c) >= 0) {
			return false
		}
	}
	return true
}

func parseFingerprint(value string) (fingerprint, bool) {
	hash, digest, _ := strings.Cut(value, " ")
	f := fingerprint{hash: strings.ToLower(hash)}
	sizes := map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}
	var err error
	f.digest, err = hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(digest), ":", ""))
	return f, err == nil && sizes[f.hash] != 0 && len(f.digest) == sizes[f.hash]
}

// direction is the client's (RFC 8866 section 6.7).
func direction(m *sdp.MediaDescription) (send, recv bool) {
	send, recv = true, true
	for _, a := range m.Attributes {
		switch a.Key {
		case "sendonly":
			return true, false
		case "recvonly":
			return false, true
		case "inactive":
			return false, false
		}
	}
	return send, recv
}

// rtpmaps lists the payload types of a line in the order of its m= line.
func rtpmaps(m *sdp.MediaDescription) []rtpmap {
	names := make(map[string]string)
	fmtps := make(map[string]string)
	fbs := make(map[string]feedback)
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			names[pt] = strings.ToLower(strings.TrimSpace(rest))
		case "fmtp":
			if len(rest) <= 512 {
				fmtps[pt] = strings.TrimSpace(rest)
			}
		case "rtcp-fb":
			fbs[pt] |= feedbackNames[strings.TrimSpace(rest)]
		}
	}
	var list []rtpmap
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil || names[f] == "" || pt >= 64 && pt <= 95 { // RFC 5761: taken by RTCP
			continue
		}
		list = append(list, rtpmap{uint8(pt), names[f], fmtps[f], fbs[f] | fbs["*"]})
	}
	return list
}

// headerExtensions finds the ids of the extensions that are known.
func headerExtensions(m *sdp.MediaDescription, mixed bool) extensionIDs {
	var ids extensionIDs
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		id, rest, _ := strings.Cut(a.Value, " ")
		uri, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		id, dir, _ := strings.Cut(id, "/")
		n, err := strconv.ParseUint(id, 10, 8)
		if err != nil || n == 0 || n == 15 || n > 14 && !mixed || dir == "inactive" {
			continue
		}
		for ext, known := range extensionURIs {
			if uri == known && ids[ext] == 0 {
				ids[ext] = uint8(n)
			}
		}
	}
	return ids
}

// simulcast lists the rids that a line sends, in the order of its a=simulcast
// (RFC 8853); of alternatives the first.
func simulcast(m *sdp.MediaDescription) (rids []string, ok bool) {
	value, found := m.Attribute("simulcast")
	if !found {
		return nil, true
	}
	fields := strings.Fields(value)
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] != "send" {
			continue
		}
		for stream := range strings.SplitSeq(fields[i+1], ";") {
			rid, _, _ := strings.Cut(stream, ",")
			rid = strings.TrimPrefix(rid, "~") // paused at first
			if !plain(rid, maxRID) || len(rids) >= maxRIDs {
				return nil, false
			}
			for _, other := range rids {
				if other == rid {
					return nil, false
				}
			}
			rids = append(rids, rid)
		}
	}
	return rids, true
}

// plain reports whether s is a token that may be repeated in an answer.
func plain(s string, limit int) bool {
	if len(s) == 0 || len(s) > limit {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.+", c) >= 0) {
			return false
		}
	}
	return true
}

func plainEach(list []string) bool {
	for _, s := range list {
		if !plain(s, 32) {
			return false
		}
	}
	return len(list) <= 256
}
