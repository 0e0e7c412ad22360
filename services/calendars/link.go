package calendars

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-ical"
)

// LinkKind says whose meeting a link leads to.
type LinkKind string

// The kinds.
const (
	OwnLink     LinkKind = "own"     // one of this server: it is joined inside
	ForeignLink LinkKind = "foreign" // somebody else's: it is opened in the browser
)

// links tells links to meetings from others.
type links struct{ own *url.URL }

func newLinks(publicURL string) links {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return links{}
	}
	return links{u}
}

// meetingHosts are where others hold meetings, with how the path of a meeting begins ("" for any but the front page).
var meetingHosts = map[string][]string{
	"zoom.us": {"/j/", "/w/", "/my/", "/s/", "/wc/"}, "zoomgov.com": {"/j/", "/w/", "/my/", "/s/", "/wc/"}, "zoom.com": {"/j/", "/w/", "/my/", "/s/", "/wc/"},
	"teams.microsoft.com": {"/l/meetup-join/", "/meet/", "/v2/"}, "teams.live.com": {"/meet/"}, "teams.microsoft.us": {"/l/meetup-join/", "/meet/"},
	"meet.google.com": {""}, "hangouts.google.com": {""}, "webex.com": {""}, "gotomeeting.com": {"/join/"}, "gotomeet.me": {""}, "meet.goto.com": {""},
	"whereby.com": {""}, "meet.jit.si": {""}, "8x8.vc": {""}, "bluejeans.com": {""}, "chime.aws": {""}, "join.skype.com": {""}, "meet.lync.com": {""},
	"v.ringcentral.com": {"/join/"}, "meetings.ringcentral.com": {"/j/"}, "facetime.apple.com": {"/join"}, "discord.gg": {""}, "app.slack.com": {"/huddle/"},
	"webinar.zoho.com": {""}, "meet.zoho.com": {""}, "meeting.zoho.com": {""}, "meet.starleaf.com": {""}, "global.gotomeeting.com": {"/join/"}, "riverside.fm": {"/studio/"},
}

var (
	addresses     = regexp.MustCompile(`(?i)https?://[^\s<>"'\\\x00-\x1f]+`)
	meetingNumber = regexp.MustCompile(`^\d{9}$`)
)

const maxScanned = 64 << 10 // bytes of one text, and so of addresses in it

// ofEvent finds the link to the meeting in all that an event says: an own one before any other.
func (l links) ofEvent(c *ical.Component) (string, LinkKind, string) {
	var meant, said []string
	for name, props := range c.Props {
		for _, p := range props {
			switch {
			case name == "CONFERENCE" || name == "X-GOOGLE-CONFERENCE" || name == "X-MICROSOFT-SKYPETEAMSMEETINGURL" || name == "X-MICROSOFT-ONLINEMEETINGCONFLINK":
				meant = append(meant, p.Value)
			case name == ical.PropURL || name == ical.PropLocation || name == ical.PropDescription || strings.HasPrefix(name, "X-"):
				said = append(said, unescape(p.Value))
			}
		}
	}
	slices.Sort(meant) // maps have no order
	slices.Sort(said)
	return l.find(meant, said)
}

// find looks into texts that are meant as links to the meeting, and into those that may hold some.
func (l links) find(meant, said []string) (link string, kind LinkKind, number string) {
	for _, text := range slices.Concat(meant, said) {
		for _, found := range addresses.FindAllString(text[:min(len(text), maxScanned)], 100) {
			address, u := unwrap(found)
			if u == nil {
				continue
			}
			if number := l.ownNumber(u); number != "" {
				return address, OwnLink, number
			}
			if link == "" && isMeeting(u) {
				link, kind = address, ForeignLink
			}
		}
	}
	for _, text := range meant {
		if address, u := unwrap(strings.TrimSpace(text)); link == "" && u != nil {
			link, kind = address, ForeignLink
		}
	}
	return link, kind, ""
}

// unwrap parses an address, without what belongs to the sentence that it is in, and without the wrapper that mail
// filters put around it. nil for none of http or https.
func unwrap(text string) (string, *url.URL) {
	text = strings.TrimRight(text, ".,;:!?*_]}|")
	if strings.Count(text, ")") > strings.Count(text, "(") {
		text = strings.TrimRight(text, ")")
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > 2000 || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", nil
	}
	inside := ""
	switch host := strings.ToLower(u.Hostname()); {
	case strings.HasSuffix(host, ".safelinks.protection.outlook.com"):
		inside = u.Query().Get("url")
	case (host == "www.google.com" || host == "google.com") && u.Path == "/url":
		inside = u.Query().Get("q")
	}
	if inner, err := url.Parse(inside); inside != "" && err == nil && (inner.Scheme == "https" || inner.Scheme == "http") && inner.Host != "" {
		return inside, inner
	}
	return text, u
}

// ownNumber is the number of the meeting that an address of ours leads to.
func (l links) ownNumber(u *url.URL) string {
	if l.own == nil || !strings.EqualFold(u.Host, l.own.Host) {
		return ""
	}
	rest, is := strings.CutPrefix(u.Path, strings.TrimSuffix(l.own.Path, "/")+"/m/")
	if rest = strings.TrimSuffix(rest, "/"); !is || !meetingNumber.MatchString(rest) {
		return ""
	}
	return rest
}

func isMeeting(u *url.URL) bool {
	for host := strings.ToLower(u.Hostname()); host != ""; _, host, _ = strings.Cut(host, ".") {
		for _, begins := range meetingHosts[host] {
			if strings.HasPrefix(u.Path, begins) && len(u.Path) > 1 {
				return true
			}
		}
	}
	return false
}
