package rtc

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"switchyard/sfu"
)

// answerText is everything that goes into the text of an answer.
type answerText struct {
	session     uint64
	version     uint64
	mixed       bool
	rsize       bool
	ufrag, pwd  string
	fingerprint string
	addr        netip.Addr // of the default candidate
	port        uint16
	candidates  []string
	cname       string
	lines       []answerLine
}

// answerLine is one media line of an answer, seen from the server.
type answerLine struct {
	offer    *offerLine
	rejected bool // port 0
	send     bool // the server sends: a slot
	recv     bool // the server receives: a publication
	codecs   []offeredCodec
	rids     []string
	ssrc     uint32 // of the slot
	rtxSSRC  uint32 // 0: no retransmission negotiated
	stream   string // of the slot's msid
}

// String writes the answer.
func (a *answerText) String() string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	put("v=0")
	put("o=- %d %d IN IP4 127.0.0.1", a.session, a.version)
	put("s=-")
	put("t=0 0")
	put("a=ice-lite")
	group := ""
	for _, l := range a.lines {
		if !l.rejected {
			group += " " + l.offer.mid
		}
	}
	put("a=group:BUNDLE%s", group)
	if a.mixed {
		put("a=extmap-allow-mixed")
	}
	put("a=msid-semantic: WMS *")
	first := true
	for i := range a.lines {
		a.writeLine(put, &a.lines[i], first)
		first = first && a.lines[i].rejected
	}
	return b.String()
}

// writeLine writes one media line; the first open one carries the candidates,
// since the others share its transport.
func (a *answerText) writeLine(put func(string, ...any), l *answerLine, first bool) {
	o := l.offer
	if l.rejected {
		put("m=%s 0 %s %s", o.media, o.proto, strings.Join(o.formats, " "))
		put("c=IN IP4 0.0.0.0")
		if o.mid != "" {
			put("a=mid:%s", o.mid)
		}
		put("a=inactive")
		return
	}
	var formats []string
	for _, c := range l.codecs {
		formats = append(formats, strconv.Itoa(int(c.pt)))
		if c.rtx != 0 {
			formats = append(formats, strconv.Itoa(int(c.rtx)))
		}
	}
	put("m=%s %d %s %s", o.media, a.port, o.proto, strings.Join(formats, " "))
	family := "IP4"
	if a.addr.Is6() {
		family = "IP6"
	}
	put("c=IN %s %s", family, a.addr)
	put("a=mid:%s", o.mid)
	put("a=ice-ufrag:%s", a.ufrag)
	put("a=ice-pwd:%s", a.pwd)
	if first {
		for _, c := range a.candidates {
			put("a=candidate:%s", c)
		}
		put("a=end-of-candidates")
	}
	put("a=fingerprint:%s", a.fingerprint)
	put("a=setup:passive")
	put("a=rtcp-mux")
	if a.rsize {
		put("a=rtcp-rsize")
	}
	for ext, id := range l.extensions() {
		if id != 0 {
			put("a=extmap:%d %s", id, extensionURIs[ext])
		}
	}
	put("a=%s", directionName(l.send, l.recv))
	for _, c := range l.codecs {
		a.writeCodec(put, l, c)
	}
	if l.recv && len(l.rids) > 0 {
		for _, rid := range l.rids {
			put("a=rid:%s recv", rid)
		}
		put("a=simulcast:recv %s", strings.Join(l.rids, ";"))
	}
	if l.send {
		put("a=msid:%s %s", l.stream, "slot-"+o.mid)
		if l.rtxSSRC != 0 {
			put("a=ssrc-group:FID %d %d", l.ssrc, l.rtxSSRC)
		}
		put("a=ssrc:%d cname:%s", l.ssrc, a.cname)
		if l.rtxSSRC != 0 {
			put("a=ssrc:%d cname:%s", l.rtxSSRC, a.cname)
		}
	}
}

func (a *answerText) writeCodec(put func(string, ...any), l *answerLine, c offeredCodec) {
	name := map[sfu.Codec]string{
		sfu.Opus: "opus/48000/2", sfu.VP8: "VP8/90000", sfu.VP9: "VP9/90000", sfu.H264: "H264/90000", sfu.AV1: "AV1/90000",
	}[c.codec]
	put("a=rtpmap:%d %s", c.pt, name)
	for _, fb := range l.feedback(c).names() {
		put("a=rtcp-fb:%d %s", c.pt, fb)
	}
	if p := c.answerParameters(); p != "" {
		put("a=fmtp:%d %s", c.pt, p)
	}
	if c.rtx != 0 {
		put("a=rtpmap:%d rtx/90000", c.rtx)
		put("a=fmtp:%d apt=%d", c.rtx, c.pt)
	}
}

// extensions are the offered header extensions that are used on this line.
func (l *answerLine) extensions() extensionIDs {
	ids := l.offer.ext
	if !l.recv {
		ids[extRID], ids[extRepairedRID] = 0, 0
	}
	if !l.recv && !l.send {
		ids = extensionIDs{extMid: ids[extMid]}
	}
	if l.offer.kind == sfu.Audio {
		ids[extDependency], ids[extRID], ids[extRepairedRID] = 0, 0, 0
	} else {
		ids[extAudioLevel] = 0
	}
	return ids
}

// feedback is what of a codec's feedback is used on this line.
func (l *answerLine) feedback(c offeredCodec) feedback {
	use := feedbackNACK | feedbackPLI | feedbackFIR
	if l.offer.kind == sfu.Audio {
		use = 0
	}
	if (l.recv || l.send) && l.offer.ext[extTransportCC] != 0 {
		use |= feedbackTransportCC
	}
	return c.fb & use
}

func directionName(send, recv bool) string {
	switch {
	case send && recv:
		return "sendrecv"
	case send:
		return "sendonly"
	case recv:
		return "recvonly"
	}
	return "inactive"
}
