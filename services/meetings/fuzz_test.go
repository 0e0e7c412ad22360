package meetings

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		"FREQ=WEEKLY;COUNT=3", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101T000000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;INTERVAL=2",
		"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=WEEKLY;WKST=SU;BYDAY=MO;UNTIL=20270101", "FREQ=YEARLY;BYDAY=53MO", ";;=", "FREQ=DAILY;BYDAY=+MO",
	} {
		f.Add("2026-03-02T09:00", "Europe/Amsterdam", seed)
	}
	f.Add("2028-02-29T02:30", "America/New_York", "FREQ=YEARLY")
	f.Fuzz(func(t *testing.T, start, zone, rule string) {
		s, err := parseSeries(start, zone, 60, rule)
		if err != nil {
			return
		}
		walls, more := s.expand(s.start.AddDate(maxYears, 0, 0))
		if len(walls) == 0 || len(walls) > maxOccurrences || more && s.rule.Count == 0 && s.rule.Until.IsZero() {
			t.Fatalf("%d occurrences, more: %v", len(walls), more)
		}
		again, err := parseSeries(s.start.Format(LocalFormat), zone, 60, s.text())
		if err != nil {
			t.Fatalf("%q is stored as %q: %v", rule, s.text(), err)
		}
		if others, _ := again.expand(s.start.AddDate(maxYears, 0, 0)); len(others) != len(walls) || !others[len(others)-1].Equal(walls[len(walls)-1]) {
			t.Fatalf("%q is stored as %q, which is something else", rule, s.text())
		}
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add("Weekly", "What happened", "Ann", "ann@example.com", "FREQ=WEEKLY;COUNT=3")
	f.Add("a;b,c\\d\"e", "日本語日本語日本語日本語日本語日本語日本語日本語日本語\nBEGIN:VEVENT", `"A", B; C:`, "x@y", "")
	f.Fuzz(func(t *testing.T, subject, description, name, email, rule string) {
		r := &meetingRow{Meeting: Meeting{
			ID: "01J", Kind: Scheduled, Subject: subject, Description: description, Start: "2026-03-02T09:00", Zone: "Europe/Amsterdam", Duration: 60,
			Recurrence: rule, Created: begin,
		}, organiser: person{Name: name, Email: email}}
		if r.check() != nil || checkText("name", name, 0, maxName, false) != nil || checkEmail("email", email) != nil {
			return
		}
		b := newCalendar(begin)
		if err := b.addSeries(r, view{link: "https://meet.example/m/1", attendee: attendee(name, email)}); err != nil {
			t.Fatal(err)
		}
		text, err := b.text(methodRequest, "")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(text, "\r\n") {
			if len(line) > maxLine || !utf8.ValidString(line) {
				t.Fatalf("line %q", line)
			}
		}
		c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(c.Events()) != 1 {
			t.Fatalf("%d events", len(c.Events()))
		}
		got, err := c.Events()[0].Props.Text(ical.PropSummary)
		if err != nil || got != subject {
			t.Fatalf("%q became %q, %v", subject, got, err)
		}
	})
}

func FuzzToken(f *testing.F) {
	s := &Service{deps: Deps{Sealer: newSealer()}}
	good := s.token(guestLink{"01M", "01G", 3, time.Unix(1_800_000_000, 0)})
	f.Add(good)
	f.Add("01M 01G 3 1800000000")
	f.Add(strings.Repeat("A", 2000))
	f.Fuzz(func(t *testing.T, token string) {
		l, err := s.parseToken(token)
		if err == nil && l != (guestLink{"01M", "01G", 3, time.Unix(1_800_000_000, 0)}) {
			t.Fatalf("%q is a link: %+v", token, l)
		}
		if l, err := parseLink(token); err == nil && (l.meeting == "" || l.guest == "") {
			t.Fatalf("%q: %+v", token, l)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("1772438400000000 01J")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, id, err := parseCursor(cursor)
		if err != nil && (at != 0 || id != "") {
			t.Fatalf("%d %q with %v", at, id, err)
		}
	})
}
