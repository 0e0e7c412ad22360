package signaling

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// fragment is what matters of an application/trickle-ice-sdpfrag body
// (RFC 8840 section 9): the server is ICE-lite, so candidates are only checked.
type fragment struct {
	ufrag, pwd string // empty if it names none
	candidates int
}

const maxFragmentLines = 1000

// parseFragment reads an SDP fragment. All its ICE credentials must be the
// same, since everything is one BUNDLE group.
func parseFragment(body string) (fragment, error) {
	var f fragment
	n := 0
	if !utf8.ValidString(body) {
		return f, fmt.Errorf("the body is not UTF-8")
	}
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		if n++; n > maxFragmentLines {
			return f, fmt.Errorf("more than %d lines", maxFragmentLines)
		}
		if line == "" {
			continue
		}
		if len(line) < 2 || line[0] < 'a' || line[0] > 'z' || line[1] != '=' {
			return f, fmt.Errorf("line %d: %.40q is not of the form x=…", n, line)
		}
		name, value, _ := strings.Cut(line[2:], ":")
		switch {
		case line[0] == 'm' && len(strings.Fields(line[2:])) < 4:
			return f, fmt.Errorf("line %d: %.40q is not a media line", n, line)
		case line[0] != 'a':
		case name == "ice-ufrag":
			if !iceText(value, 4) {
				return f, fmt.Errorf("line %d: ice-ufrag is not 4 to 256 ice-chars", n)
			}
			if f.ufrag != "" && f.ufrag != value {
				return f, fmt.Errorf("line %d: a second ice-ufrag", n)
			}
			f.ufrag = value
		case name == "ice-pwd":
			if !iceText(value, 22) {
				return f, fmt.Errorf("line %d: ice-pwd is not 22 to 256 ice-chars", n)
			}
			if f.pwd != "" && f.pwd != value {
				return f, fmt.Errorf("line %d: a second ice-pwd", n)
			}
			f.pwd = value
		case name == "candidate":
			if len(strings.Fields(value)) < 8 {
				return f, fmt.Errorf("line %d: %.60q is not a candidate", n, value)
			}
			f.candidates++
		}
	}
	if (f.ufrag == "") != (f.pwd == "") {
		return f, fmt.Errorf("ice-ufrag and ice-pwd are not both there")
	}
	return f, nil
}

// iceText checks RFC 8839 section 5.4: at least so many ice-chars, at most 256.
func iceText(s string, least int) bool {
	if len(s) < least || len(s) > 256 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '/'
	}) < 0
}

// firstAttribute is the value of the first a=name: line of an SDP.
func firstAttribute(sdp, name string) string {
	for line := range strings.Lines(sdp) {
		if value, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "a="+name+":"); ok {
			return value
		}
	}
	return ""
}

// restartFragment tells the server's new credentials and its candidates, under
// the first media line of the answer.
func restartFragment(answer, ufrag, pwd string, candidates []string) string {
	var b strings.Builder
	b.WriteString("a=ice-lite\r\n")
	if group := firstAttribute(answer, "group"); group != "" {
		b.WriteString("a=group:" + group + "\r\n")
	}
	for line := range strings.Lines(answer) {
		if strings.HasPrefix(line, "m=") {
			b.WriteString(strings.TrimRight(line, "\r\n") + "\r\n")
			break
		}
	}
	b.WriteString("a=mid:" + firstAttribute(answer, "mid") + "\r\n")
	b.WriteString("a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + pwd + "\r\n")
	for _, c := range candidates {
		if !strings.HasPrefix(c, "a=") {
			c = "a=" + c
		}
		b.WriteString(c + "\r\n")
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}
