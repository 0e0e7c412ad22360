package meetings

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
)

// exemplary is a series across a change of clocks, with an occurrence moved and one cancelled.
func exemplary() *meetingRow {
	moved, subject, minutes := "2026-03-31T14:30", "Weekly, later; with \"quotes\", commas", 90
	return &meetingRow{Meeting: Meeting{
		ID: "01JMEETING", Number: "012345678", Kind: Scheduled, Subject: "Weekly — réunion, 会議", Sequence: 3, Created: begin,
		Description: "First line, with a comma; and more of it so that it has to be folded, since it is longer than seventy-five bytes.\n日本語の説明もここに入ります。折り返しの位置は文字の途中であってはなりません。",
		Start:       "2026-03-16T09:00", Zone: "Europe/Amsterdam", Duration: 60, Recurrence: "FREQ=WEEKLY;INTERVAL=1;UNTIL=20260413T090000",
		Exceptions: []Exception{
			{Original: "2026-03-30T09:00", Start: &moved, Subject: &subject, Duration: &minutes},
			{Original: "2026-04-06T09:00", Cancelled: true},
		},
	}, organiser: person{ID: "ann", Name: `Ann "The Host", Inc.`, Email: "ann@example.com"}}
}

// TestCalendarReadByAnother reads the calendar with the reader of the library, whose parser and rules are not ours.
func TestCalendarReadByAnother(t *testing.T) {
	r := exemplary()
	b := newCalendar(begin)
	if err := b.addSeries(r, view{link: "https://meet.example/m/012345678", description: "Join: here", attendee: attendee("Gast, Herr", "gast@elsewhere.example")}); err != nil {
		t.Fatal(err)
	}
	text, err := b.text(methodRequest, "")
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("MEETINGS_ICS"); path != "" { // to be tried with other programs
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > maxLine || strings.ContainsAny(line, "\r\n") || strings.ToValidUTF8(line, "") != line {
			t.Errorf("line %q", line)
		}
	}
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	want(t, "method", c.Props.Get(ical.PropMethod).Value, "REQUEST")
	events := c.Events()
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	series, moved := events[0], events[1]
	for i, e := range events {
		want(t, "uid", e.Props.Get(ical.PropUID).Value, "01JMEETING@switchyard")
		want(t, "sequence", e.Props.Get(ical.PropSequence).Value, "3")
		if description, err := e.Props.Text(ical.PropDescription); err != nil || i == 0 && description != r.Description+"\n\nJoin: here" {
			t.Errorf("description %q, %v", description, err)
		}
	}
	subject, err := moved.Props.Text(ical.PropSummary)
	if err != nil || subject != *r.Exceptions[0].Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	want(t, "until", strings.Contains(series.Props.Get(ical.PropRecurrenceRule).Value, "UNTIL=20260413T070000Z"), true)
	rule, err := series.RecurrenceSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	for _, at := range rule.All() {
		starts = append(starts, at.UTC().Format(time.RFC3339))
	}
	// Without the cancelled one; the moved one is replaced by the second event.
	want(t, "starts", starts, []string{"2026-03-16T08:00:00Z", "2026-03-23T08:00:00Z", "2026-03-30T07:00:00Z", "2026-04-13T07:00:00Z"})
	start, err := moved.DateTimeStart(nil)
	end, err2 := moved.DateTimeEnd(nil)
	if err != nil || err2 != nil || start.UTC().Format(time.RFC3339) != "2026-03-31T12:30:00Z" || end.Sub(start) != 90*time.Minute {
		t.Errorf("moved to %v, %v, %v, %v", start, end, err, err2)
	}
	of, err := moved.Props.DateTime(ical.PropRecurrenceID, nil)
	if err != nil || of.UTC().Format(time.RFC3339) != "2026-03-30T07:00:00Z" {
		t.Errorf("recurrence id %v, %v", of, err)
	}
}

// TestZonesInCalendars checks that the parts of VTIMEZONE give the same offsets as the zone itself.
func TestZonesInCalendars(t *testing.T) {
	for _, name := range []string{"Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca", "UTC", "Asia/Kolkata"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		span := zoneSpan{zone, begin, begin.AddDate(3, 0, 0)}
		c := span.component()
		for at := begin; at.Before(span.to); at = at.Add(7 * time.Hour) {
			offset, latest := "", ""
			for _, part := range c.Children {
				from := part.Props.Get(ical.PropTimezoneOffsetFrom).Value
				wall, err := time.Parse(icalLocal+"-0700", part.Props.Get(ical.PropDateTimeStart).Value+from)
				if err != nil {
					t.Fatal(err)
				}
				if key := wall.UTC().Format(time.RFC3339); !wall.After(at) && key >= latest {
					latest, offset = key, part.Props.Get(ical.PropTimezoneOffsetTo).Value
				}
			}
			if got := at.In(zone).Format("-0700"); got != offset {
				t.Fatalf("%s at %v: %s, in the calendar %s", name, at, got, offset)
			}
		}
	}
}

func TestEmptyCalendarIsOne(t *testing.T) {
	text, err := newCalendar(begin).text("", "Ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ical.NewDecoder(strings.NewReader(text)).Decode(); err != nil {
		t.Error(err)
	}
}
