package meetings

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWallClockTimes(t *testing.T) {
	for _, c := range []struct{ zone, wall, want string }{
		{"Europe/Amsterdam", "2026-03-28T09:00", "2026-03-28T08:00:00Z"},
		{"Europe/Amsterdam", "2026-03-29T09:00", "2026-03-29T07:00:00Z"},
		{"Europe/Amsterdam", "2026-03-29T02:00", "2026-03-29T01:00:00Z"}, // skipped: counts as 03:00
		{"Europe/Amsterdam", "2026-03-29T02:30", "2026-03-29T01:30:00Z"}, // skipped: 03:30
		{"Europe/Amsterdam", "2026-03-29T03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Amsterdam", "2026-10-25T02:30", "2026-10-25T00:30:00Z"}, // twice: the first
		{"Europe/Amsterdam", "2026-10-25T03:00", "2026-10-25T02:00:00Z"},
		{"Europe/Amsterdam", "2026-10-25T01:59", "2026-10-24T23:59:00Z"},
		{"America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00Z"}, // skipped: 03:30
		{"America/New_York", "2026-03-08T01:30", "2026-03-08T06:30:00Z"},
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"}, // twice: the first
		{"America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z"}, // half an hour is skipped: 02:45
		{"Asia/Kolkata", "2026-03-29T09:00", "2026-03-29T03:30:00Z"},
		{"UTC", "2026-03-29T09:00", "2026-03-29T09:00:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z"}, // a day is skipped: the 31st
	} {
		zone, err := parseZone("zone", c.zone)
		if err != nil {
			t.Fatal(err)
		}
		wall, err := parseLocal("start", c.wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := instant(wall, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.wall, c.zone, got, c.want)
		}
	}
}

// TestSeriesKeepTheirWallClock: nine stays nine when the clocks change, in either direction.
func TestSeriesKeepTheirWallClock(t *testing.T) {
	for _, c := range []struct{ zone, start, rule, want string }{
		{"Europe/Amsterdam", "2026-03-23T09:00", "FREQ=WEEKLY;COUNT=3", "08:00 07:00 07:00"},
		{"Europe/Amsterdam", "2026-10-19T09:00", "FREQ=WEEKLY;COUNT=3", "07:00 08:00 08:00"},
		{"America/New_York", "2026-03-02T09:00", "FREQ=WEEKLY;COUNT=3", "14:00 13:00 13:00"},
		{"America/New_York", "2026-10-26T09:00", "FREQ=WEEKLY;COUNT=3", "13:00 14:00 14:00"},
		{"Europe/Amsterdam", "2026-03-28T02:30", "FREQ=DAILY;COUNT=3", "01:30 01:30 00:30"}, // the middle one at 03:30
		{"Europe/Amsterdam", "2026-10-24T02:30", "FREQ=DAILY;COUNT=3", "00:30 00:30 01:30"},
		{"America/New_York", "2026-03-07T02:30", "FREQ=DAILY;COUNT=3", "07:30 07:30 06:30"},
		{"America/New_York", "2026-10-31T01:30", "FREQ=DAILY;COUNT=3", "05:30 05:30 06:30"},
	} {
		m := &meetingRow{Meeting: Meeting{Kind: Scheduled, Start: c.start, Zone: c.zone, Duration: 30, Recurrence: c.rule}}
		var got []string
		for _, o := range m.occurrences() {
			got = append(got, o.Start.Format("15:04"))
			if o.End.Sub(o.Start) != 30*time.Minute {
				t.Errorf("%s lasts %v", o.Original, o.End.Sub(o.Start))
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.zone, c.start, c.rule, text, c.want)
		}
	}
}

func TestRules(t *testing.T) {
	const start = "2026-03-02T09:00" // a Monday
	for _, c := range []struct {
		rule string
		n    int    // occurrences; 0: it is refused
		last string // wall clock of the last
	}{
		{"", 1, "2026-03-02T09:00"},
		{"FREQ=DAILY;COUNT=3", 3, "2026-03-04T09:00"},
		{"RRULE:FREQ=DAILY;COUNT=3", 3, "2026-03-04T09:00"},
		{"freq=daily;count=3", 3, "2026-03-04T09:00"},
		{"FREQ=DAILY;INTERVAL=2;COUNT=3", 3, "2026-03-06T09:00"},
		{"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=6", 6, "2026-03-09T09:00"},
		{"FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", 4, "2026-03-11T09:00"},
		{"FREQ=WEEKLY;UNTIL=20260316T080000Z", 3, "2026-03-16T09:00"}, // exactly then, in winter time
		{"FREQ=WEEKLY;UNTIL=20260316T075959Z", 2, "2026-03-09T09:00"},
		{"FREQ=WEEKLY;UNTIL=20260316T090000", 3, "2026-03-16T09:00"},
		{"FREQ=WEEKLY;UNTIL=20260316", 3, "2026-03-16T09:00"},
		{"FREQ=WEEKLY;UNTIL=20260330T070000Z", 5, "2026-03-30T09:00"}, // in summer time
		{"FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=2", 2, "2026-03-16T09:00"},
		{"FREQ=MONTHLY;BYDAY=1MO;COUNT=3", 3, "2026-05-04T09:00"},
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;COUNT=2", 2, "2026-04-01T09:00"},
		{"FREQ=MONTHLY;BYMONTHDAY=2;COUNT=2", 2, "2026-04-02T09:00"},
		{"FREQ=MONTHLY;COUNT=2", 2, "2026-04-02T09:00"},
		{"FREQ=YEARLY;COUNT=2", 2, "2027-03-02T09:00"},
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=1MO;COUNT=2", 2, "2027-03-01T09:00"},
		{"FREQ=WEEKLY", 261, "2031-02-24T09:00"}, // no end: five years
		{"FREQ=DAILY", 1000, "2028-11-25T09:00"}, // no end: a thousand
		{"FREQ=WEEKLY;COUNT=261", 261, "2031-02-24T09:00"},
		{"FREQ=WEEKLY;COUNT=270", 0, ""},
		{"FREQ=DAILY;COUNT=1001", 0, ""},
		{"FREQ=DAILY;UNTIL=20310101", 0, ""},
		{"FREQ=WEEKLY;UNTIL=20320101", 0, ""},
		{"FREQ=WEEKLY;UNTIL=20260101", 0, ""}, // before it begins
		{"FREQ=WEEKLY;BYDAY=TU", 0, ""},       // not at its start
		{"FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", 0, ""},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0, ""},
		{"FREQ=DAILY;INTERVAL=7;BYDAY=TU", 0, ""}, // never
		{"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366", 0, ""},
		{"FREQ=HOURLY", 0, ""}, {"FREQ=SECONDLY;COUNT=3", 0, ""},
		{"COUNT=3", 0, ""}, {"FREQ=DAILY;COUNT=3;UNTIL=20260401", 0, ""}, {"FREQ=DAILY;FREQ=WEEKLY", 0, ""},
		{"FREQ=DAILY;COUNT=0", 0, ""}, {"FREQ=DAILY;COUNT=-1", 0, ""}, {"FREQ=DAILY;COUNT=x", 0, ""}, {"FREQ=DAILY;INTERVAL=0", 0, ""},
		{"FREQ=DAILY;INTERVAL=401", 0, ""}, {"FREQ=DAILY;BYHOUR=9,10", 0, ""}, {"FREQ=DAILY;BYMONTHDAY=2", 0, ""},
		{"FREQ=WEEKLY;BYDAY=1MO", 0, ""}, {"FREQ=WEEKLY;BYDAY=XX", 0, ""}, {"FREQ=WEEKLY;BYDAY=", 0, ""}, {"FREQ=WEEKLY;BYSETPOS=1;BYDAY=MO", 0, ""},
		{"FREQ=MONTHLY;BYDAY=6MO", 0, ""}, {"FREQ=MONTHLY;BYDAY=0MO", 0, ""}, {"FREQ=MONTHLY;BYMONTHDAY=0", 0, ""}, {"FREQ=MONTHLY;BYMONTHDAY=32", 0, ""},
		{"FREQ=MONTHLY;BYSETPOS=1", 0, ""}, {"FREQ=YEARLY;BYMONTH=13", 0, ""}, {"FREQ=YEARLY;BYEASTER=1", 0, ""}, {"FREQ=DAILY;UNTIL=tomorrow", 0, ""},
		{"FREQ=DAILY\nRRULE:FREQ=DAILY", 0, ""}, {";", 0, ""}, {"FREQ", 0, ""}, {"FREQ=DAILY;" + strings.Repeat("X", 600), 0, ""},
	} {
		began := time.Now()
		s, err := parseSeries(start, "Europe/Amsterdam", 60, c.rule)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", c.rule, took)
		}
		var f *FieldError
		if c.n == 0 {
			if !errors.As(err, &f) || f.Field != "recurrence" {
				t.Errorf("%s: %v, want a fault", c.rule, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		again, err := parseSeries(start, "Europe/Amsterdam", 60, s.text()) // as it is stored
		if err != nil {
			t.Errorf("%s is stored as %s: %v", c.rule, s.text(), err)
			continue
		}
		walls, _ := again.expand(s.start.AddDate(maxYears, 0, 0))
		if len(walls) != c.n || walls[len(walls)-1].Format(LocalFormat) != c.last {
			t.Errorf("%s (%s): %d occurrences, the last %s; want %d, %s", c.rule, s.text(), len(walls), walls[len(walls)-1].Format(LocalFormat), c.n, c.last)
		}
	}
}

func TestBadTimes(t *testing.T) {
	for _, c := range []struct {
		start, zone string
		duration    int
		field       string
	}{
		{"2026-03-02 09:00", "Europe/Amsterdam", 60, "start_local"}, {"2026-02-30T09:00", "Europe/Amsterdam", 60, "start_local"},
		{"2026-03-02T09:00Z", "Europe/Amsterdam", 60, "start_local"}, {"2026-03-02T09:00:30", "Europe/Amsterdam", 60, "start_local"},
		{"1900-03-02T09:00", "Europe/Amsterdam", 60, "start_local"}, {"", "Europe/Amsterdam", 60, "start_local"},
		{"2026-03-02T09:00", "Europe/Atlantis", 60, "zone"}, {"2026-03-02T09:00", "", 60, "zone"}, {"2026-03-02T09:00", "Local", 60, "zone"},
		{"2026-03-02T09:00", "../../etc/passwd", 60, "zone"}, {"2026-03-02T09:00", "Europe/Amsterdam", 4, "duration"},
		{"2026-03-02T09:00", "Europe/Amsterdam", 1441, "duration"},
	} {
		_, err := parseSeries(c.start, c.zone, c.duration, "")
		wantField(t, c.start+" "+c.zone, err, c.field)
	}
	if s, err := parseSeries("2026-03-02T09:00:00", "Europe/Amsterdam", 5, ""); err != nil || s.start.Hour() != 9 {
		t.Errorf("%v, %v", s, err)
	}
}
