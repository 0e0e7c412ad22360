package rtc

import (
	"strconv"
	"strings"

	"switchyard/sfu"
)

// offeredCodec is one codec of a line, under the client's own payload types.
type offeredCodec struct {
	codec sfu.Codec
	pt    uint8
	rtx   uint8  // payload type of its retransmissions (RFC 4588); 0: none
	fmtp  string // as offered
	fb    feedback
	rank  int // of several forms of one codec the lower is taken
}

// rtpmap is one a=rtpmap with its a=fmtp.
type rtpmap struct {
	pt   uint8
	name string // lower case, with clock rate and channels: vp8/90000
	fmtp string
	fb   feedback
}

// feedback is a set of RTCP feedback messages (RFC 4585 section 4.2).
type feedback uint8

const (
	feedbackNACK feedback = 1 << iota
	feedbackPLI
	feedbackFIR
	feedbackTransportCC
)

var feedbackNames = map[string]feedback{
	"nack": feedbackNACK, "nack pli": feedbackPLI, "ccm fir": feedbackFIR, "transport-cc": feedbackTransportCC,
}

// names lists the set in a fixed order, as rtcp-fb attributes have it.
func (f feedback) names() []string {
	var list []string
	for i, name := range []string{"nack", "nack pli", "ccm fir", "transport-cc"} {
		if f&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// codecOf says which of our codecs a payload type stands for. Each codec has
// one exact set of parameters (see sfu.Codec); what has others is not ours.
func codecOf(m rtpmap) (codec sfu.Codec, rank int) {
	switch m.name {
	case "opus/48000/2":
		return sfu.Opus, 0
	case "vp8/90000":
		return sfu.VP8, 0
	case "vp9/90000":
		if p, ok := parameter(m.fmtp, "profile-id"); !ok || p == "0" {
			return sfu.VP9, 0
		}
	case "av1/90000":
		if p, ok := parameter(m.fmtp, "profile"); !ok || p == "0" {
			return sfu.AV1, 0
		}
	case "h264/90000":
		if mode, _ := parameter(m.fmtp, "packetization-mode"); mode != "1" {
			break
		}
		level, ok := parameter(m.fmtp, "profile-level-id")
		if !ok || len(level) != 6 || !strings.HasPrefix(level, "42") {
			break // RFC 6184: without it, baseline at level 1, too little for a picture
		}
		constraints, err := strconv.ParseUint(level[2:4], 16, 8)
		if err != nil {
			break
		}
		if constraints&0x40 != 0 {
			return sfu.H264, 0 // constrained baseline
		}
		return sfu.H264, 1 // baseline, of which constrained baseline is a part
	}
	return sfu.NoCodec, 0
}

// parameter finds a format parameter; names ignore case.
func parameter(fmtp, name string) (string, bool) {
	for part := range strings.SplitSeq(fmtp, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(key, name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// offeredCodecs picks, in the order of the line's payload types, ours among
// them, with their retransmission types.
func offeredCodecs(maps []rtpmap) []offeredCodec {
	var list []offeredCodec
	for _, m := range maps {
		codec, rank := codecOf(m)
		if codec == sfu.NoCodec {
			continue
		}
		c := offeredCodec{codec: codec, pt: m.pt, fmtp: m.fmtp, fb: m.fb, rank: rank}
		known := false
		for i := range list {
			if list[i].codec == codec {
				if known = true; rank < list[i].rank {
					list[i] = c
				}
				break
			}
		}
		if !known {
			list = append(list, c)
		}
	}
	for _, m := range maps {
		if m.name != "rtx/90000" {
			continue
		}
		apt, _ := parameter(m.fmtp, "apt")
		for i := range list {
			if list[i].rtx == 0 && strconv.Itoa(int(list[i].pt)) == apt {
				list[i].rtx = m.pt
			}
		}
	}
	return list
}

// prefer orders codecs by a room's policy: first those of the policy in its
// order, then, if rest is set or there is none in common, the others as offered.
func prefer(offered []offeredCodec, policy []sfu.Codec, rest bool) []offeredCodec {
	list := make([]offeredCodec, 0, len(offered))
	for _, want := range policy {
		for _, c := range offered {
			if c.codec == want {
				list = append(list, c)
			}
		}
	}
	if len(list) > 0 && !rest {
		return list
	}
next:
	for _, c := range offered {
		for _, have := range list {
			if have.codec == c.codec {
				continue next
			}
		}
		list = append(list, c)
	}
	return list
}

// codecSet is what a list of codecs can decode.
func codecSet(list []offeredCodec) sfu.CodecSet {
	var set sfu.CodecSet
	for _, c := range list {
		set |= sfu.Codecs(c.codec)
	}
	return set
}

// answerParameters are the format parameters of the answer for an offered codec.
func (c offeredCodec) answerParameters() string {
	if c.codec != sfu.Opus {
		return c.fmtp
	}
	out := "minptime=10;useinbandfec=1"
	for _, name := range []string{"stereo", "sprop-stereo", "usedtx"} {
		if v, _ := parameter(c.fmtp, name); v == "1" {
			out += ";" + name + "=1"
		}
	}
	return out
}

// payloadTypes say what the payload types of one line mean. Index 0 to 127.
type payloadTypes [128]payloadType

// payloadType is one of them: a codec, and whether it is its retransmission.
type payloadType struct {
	codec sfu.Codec
	rtx   bool
}

func payloadTypesOf(codecs []offeredCodec) *payloadTypes {
	t := new(payloadTypes)
	for _, c := range codecs {
		t[c.pt&0x7f] = payloadType{codec: c.codec}
		if c.rtx != 0 {
			t[c.rtx&0x7f] = payloadType{codec: c.codec, rtx: true}
		}
	}
	return t
}
