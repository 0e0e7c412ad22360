package calendars

import "testing"

func TestLinks(t *testing.T) {
	for name, c := range map[string]struct {
		meant, said  []string
		link, number string
		kind         LinkKind
	}{
		"nothing":            {nil, []string{"Room 1", "", "https://example.org/agenda.pdf"}, "", "", ""},
		"ours":               {nil, []string{"Join: https://meet.example.org/m/123456789"}, "https://meet.example.org/m/123456789", "123456789", OwnLink},
		"ours in a sentence": {nil, []string{"(see https://meet.example.org/m/123456789/)."}, "https://meet.example.org/m/123456789/", "123456789", OwnLink},
		"ours, as a guest":   {nil, []string{"https://MEET.example.org/m/123456789#token"}, "https://MEET.example.org/m/123456789#token", "123456789", OwnLink},
		"ours before others": {[]string{"https://zoom.us/j/1"}, []string{"https://meet.example.org/m/123456789"}, "https://meet.example.org/m/123456789", "123456789", OwnLink},
		"nearly ours":        {nil, []string{"https://meet.example.org/m/12345", "https://meet.example.org.evil.test/m/123456789", "https://meet.example.org/x/m/123456789"}, "", "", ""},
		"Zoom":               {nil, []string{"https://us02web.zoom.us/j/123?pwd=abc"}, "https://us02web.zoom.us/j/123?pwd=abc", "", ForeignLink},
		"Zoom's front page":  {nil, []string{"https://zoom.us/download"}, "", "", ""},
		"Teams": {nil, []string{"Click <https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%7d>"},
			"https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%7d", "", ForeignLink},
		"Teams through a filter": {nil, []string{"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2Fx&data=05"},
			"https://teams.microsoft.com/l/meetup-join/x", "", ForeignLink},
		"ours through a filter": {nil, []string{"https://www.google.com/url?q=https://meet.example.org/m/123456789&sa=D"}, "https://meet.example.org/m/123456789", "123456789", OwnLink},
		"Meet":                  {nil, []string{"https://meet.google.com/abc-defg-hij"}, "https://meet.google.com/abc-defg-hij", "", ForeignLink},
		"Webex":                 {nil, []string{`<a href="https://acme.webex.com/acme/j.php?MTID=m1">Join</a>`}, "https://acme.webex.com/acme/j.php?MTID=m1", "", ForeignLink},
		"meant as one":          {[]string{"https://video.example.net/room"}, []string{"https://example.org/"}, "https://video.example.net/room", "", ForeignLink},
		"no script":             {[]string{"javascript:alert(1)"}, []string{"javascript:alert(1)"}, "", "", ""},
	} {
		link, kind, number := newLinks(publicURL).find(c.meant, c.said)
		if link != c.link || kind != c.kind || number != c.number {
			t.Errorf("%s: %q %q %q", name, link, kind, number)
		}
	}
	if link, _, _ := newLinks("").find(nil, []string{"https:///m/123456789", "https://zoom.us/j/1"}); link != "https://zoom.us/j/1" {
		t.Errorf("without an address of our own it is %q", link)
	}
}
