package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
)

// publisherOffer is an offer to send one VP8 stream.
func publisherOffer(ufrag, pwd string, fingerprint [32]byte, candidates []ice.Candidate) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- 1 1 IN IP4 127.0.0.1")
	line("s=-")
	line("t=0 0")
	line("a=group:BUNDLE %s", mediaMid)
	line("m=video 9 UDP/TLS/RTP/SAVPF %d %d", mediaType, repairType)
	line("c=IN IP4 0.0.0.0")
	line("a=mid:%s", mediaMid)
	line("a=sendonly")
	line("a=rtcp-mux")
	line("a=rtcp-rsize")
	line("a=ice-ufrag:%s", ufrag)
	line("a=ice-pwd:%s", pwd)
	line("a=fingerprint:sha-256 %s", strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% X", fingerprint), " ", ":"), ":"))
	line("a=setup:actpass")
	line("a=extmap:%d urn:ietf:params:rtp-hdrext:sdes:mid", midID)
	line("a=extmap:%d http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", transportCCID)
	line("a=rtpmap:%d VP8/90000", mediaType)
	for _, feedback := range []string{"nack", "nack pli", "ccm fir", "transport-cc"} {
		line("a=rtcp-fb:%d %s", mediaType, feedback)
	}
	line("a=rtpmap:%d rtx/90000", repairType)
	line("a=fmtp:%d apt=%d", repairType, mediaType)
	line("a=msid:stream video")
	line("a=ssrc:%d cname:publisher", mediaSSRC)
	line("a=ssrc:%d msid:stream video", mediaSSRC)
	for _, c := range candidates {
		line("a=candidate:%s", c.Marshal())
	}
	line("a=end-of-candidates")
	return b.String()
}

// answer is what a publisher needs to know of an answer.
type answer struct {
	ufrag, pwd string
	passive    bool // the server is the DTLS server
	candidates []ice.Candidate
}

func readAnswer(text string) (answer, error) {
	var a answer
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	attributes := d.Attributes
	for _, m := range d.MediaDescriptions {
		attributes = append(attributes, m.Attributes...)
	}
	for _, at := range attributes {
		switch at.Key {
		case "ice-ufrag":
			a.ufrag = at.Value
		case "ice-pwd":
			a.pwd = at.Value
		case "setup":
			a.passive = at.Value == "passive"
		case "candidate":
			c, err := ice.UnmarshalCandidate(at.Value)
			if err != nil {
				return a, fmt.Errorf("read the candidate %q: %w", at.Value, err)
			}
			if !c.NetworkType().IsTCP() {
				a.candidates = append(a.candidates, c)
			}
		}
	}
	if a.ufrag == "" || a.pwd == "" || len(a.candidates) == 0 {
		return a, errors.New("the answer has no ICE credentials or no UDP candidate")
	}
	return a, nil
}
