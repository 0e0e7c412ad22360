package calendars

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// outlook is the zone that Outlook writes for one that somebody has changed by hand: half an hour ahead of Berlin.
const outlook = `BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0230
TZOFFSETTO:+0130
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0130
TZOFFSETTO:+0230
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE`

func TestOccurrences(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		from, to string // local days
		want     string // start/end in local time
	}{
		"once, in UTC": {
			calendarOf(vevent("DTSTART:20260701T070000Z", "DTEND:20260701T080000Z")), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"outside the window": {
			calendarOf(vevent("DTSTART:20260702T070000Z", "DTEND:20260702T080000Z")), "2026-07-01", "2026-07-02", ""},
		"over its edge": {
			calendarOf(vevent("DTSTART:20260630T210000Z", "DTEND:20260630T230000Z")), "2026-07-01", "2026-07-02", "06-30T23:00/01:00"},
		"up to its edge": {
			calendarOf(vevent("DTSTART:20260630T210000Z", "DTEND:20260630T220000Z")), "2026-07-01", "2026-07-02", ""},
		"a zone of the IANA": {
			calendarOf(vevent("DTSTART;TZID=America/New_York:20260701T090000", "DTEND;TZID=America/New_York:20260701T093000")), "2026-07-01", "2026-07-02", "07-01T15:00/15:30"},
		"a zone of Windows": {
			calendarOf(vevent("DTSTART;TZID=Eastern Standard Time:20260701T090000", "DURATION:PT30M")), "2026-07-01", "2026-07-02", "07-01T15:00/15:30"},
		"a zone in quotes": {
			calendarOf(vevent(`DTSTART;TZID="Tokyo Standard Time":20260701T090000`, "DURATION:PT30M")), "2026-07-01", "2026-07-02", "07-01T02:00/02:30"},
		"a zone with a prefix": {
			calendarOf(vevent("DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Asia/Tokyo:20260701T090000", "DURATION:PT30M")), "2026-07-01", "2026-07-02", "07-01T02:00/02:30"},
		"a zone of its own, in summer": {
			calendarOf(outlook, vevent("DTSTART;TZID=Customized Time Zone:20260701T090000", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T08:30/09:30"},
		"a zone of its own, over the change of clocks": {
			calendarOf(outlook, vevent("DTSTART;TZID=Customized Time Zone:20261024T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")),
			"2026-10-24", "2026-10-27", "10-24T08:30/09:30 10-25T08:30/09:30 10-26T08:30/09:30"},
		"a zone that nobody knows is the reader's": {
			calendarOf(vevent("DTSTART;TZID=Nowhere:20260701T090000", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"no zone is the reader's": {
			calendarOf(vevent("DTSTART:20260701T090000", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"no zone in a calendar that names one": {
			calendarOf("X-WR-TIMEZONE:Europe/London", vevent("DTSTART:20260701T090000", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T10:00/11:00"},
		"daily over the change to summer": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260327T090000", "DTEND;TZID=Europe/Berlin:20260327T100000", "RRULE:FREQ=DAILY")),
			"2026-03-28", "2026-03-31", "03-28T09:00/10:00 03-29T09:00/10:00 03-30T09:00/10:00"},
		"daily in New York, seen from Berlin between the changes": {
			calendarOf(vevent("DTSTART;TZID=America/New_York:20260306T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")),
			"2026-03-06", "2026-04-04", "03-06T15:00/16:00 03-13T14:00/15:00 03-20T14:00/15:00 03-27T14:00/15:00 04-03T15:00/16:00"},
		"by weekdays until a day": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260629T090000", "DURATION:PT15M", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260706")),
			"2026-06-29", "2026-07-20", "06-29T09:00/09:15 07-01T09:00/09:15 07-06T09:00/09:15"},
		"until an instant": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260629T090000", "DURATION:PT15M", "RRULE:FREQ=DAILY;UNTIL=20260701T065959Z")),
			"2026-06-29", "2026-07-20", "06-29T09:00/09:15 06-30T09:00/09:15"},
		"the last Friday": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260130T160000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR")),
			"2026-06-01", "2026-08-01", "06-26T16:00/17:00 07-31T16:00/17:00"},
		"by the hour": {
			calendarOf(vevent("DTSTART:20260701T060000Z", "DURATION:PT5M", "RRULE:FREQ=HOURLY;INTERVAL=2;COUNT=3")), "2026-07-01", "2026-07-02", "07-01T08:00/08:05 07-01T10:00/10:05 07-01T12:00/12:05"},
		"by the minute is once": {
			calendarOf(vevent("DTSTART:20260701T060000Z", "DURATION:PT5M", "RRULE:FREQ=MINUTELY")), "2026-07-01", "2026-07-02", "07-01T08:00/08:05"},
		"a rule that never comes true": {
			calendarOf(vevent("DTSTART:20260701T060000Z", "DURATION:PT5M", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), "2026-07-01", "2026-07-02", "07-01T08:00/08:05"},
		"a rule that is garbled": {
			calendarOf(vevent("DTSTART:20260701T060000Z", "DURATION:PT5M", "RRULE:FREQ=SOMETIMES")), "2026-07-01", "2026-07-02", "07-01T08:00/08:05"},
		"exceptions": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5",
				"EXDATE;TZID=Europe/Berlin:20260702T090000,20260703T090000", "EXDATE:20260704T070000Z")), "2026-07-01", "2026-07-10", "07-01T09:00/10:00 07-05T09:00/10:00"},
		"exceptions by the day": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260702")), "2026-07-01", "2026-07-10",
			"07-01T09:00/10:00 07-03T09:00/10:00"},
		"further dates": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RDATE;TZID=Europe/Berlin:20260703T110000",
				"RDATE;VALUE=PERIOD:20260704T070000Z/PT1H")), "2026-07-01", "2026-07-10", "07-01T09:00/10:00 07-03T11:00/12:00 07-04T09:00/10:00"},
		"one moved, one cancelled": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
				vevent("RECURRENCE-ID;TZID=Europe/Berlin:20260702T090000", "DTSTART;TZID=Europe/Berlin:20260702T150000", "DURATION:PT2H"),
				vevent("RECURRENCE-ID:20260703T070000Z", "DTSTART:20260703T070000Z", "STATUS:CANCELLED")), "2026-07-01", "2026-07-10",
			"07-01T09:00/10:00 07-02T15:00/17:00 07-04T09:00/10:00"},
		"moved out of the window": {
			calendarOf(vevent("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
				vevent("RECURRENCE-ID;TZID=Europe/Berlin:20260701T090000", "DTSTART;TZID=Europe/Berlin:20260801T150000", "DURATION:PT2H")), "2026-07-01", "2026-07-10", "07-02T09:00/10:00"},
		"changed twice": {
			calendarOf(vevent("DTSTART:20260701T070000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=1"),
				vevent("RECURRENCE-ID:20260701T070000Z", "SEQUENCE:2", "DTSTART:20260701T090000Z", "DURATION:PT1H"),
				vevent("RECURRENCE-ID:20260701T070000Z", "SEQUENCE:1", "DTSTART:20260701T100000Z", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T11:00/12:00"},
		"only one of a series that others have": {
			calendarOf(vevent("RECURRENCE-ID:20260701T070000Z", "DTSTART:20260701T070000Z", "DURATION:PT1H")), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"all day": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260703")), "2026-07-01", "2026-07-02", "day 07-01T00:00/07-03"},
		"all day yesterday": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260630", "DTEND;VALUE=DATE:20260701")), "2026-07-01", "2026-07-02", ""},
		"all day, no end": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260701")), "2026-07-01", "2026-07-02", "day 07-01T00:00/07-02"},
		"all day, as long as": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260701", "DURATION:P1W")), "2026-07-01", "2026-07-02", "day 07-01T00:00/07-08"},
		"all day, every year, over the change of clocks": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20000329", "RRULE:FREQ=YEARLY")), "2026-03-20", "2026-04-01", "day 03-29T00:00/03-30"},
		"all day, moved": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260701", "RRULE:FREQ=DAILY;COUNT=2"), vevent("RECURRENCE-ID;VALUE=DATE:20260702", "DTSTART;VALUE=DATE:20260705")),
			"2026-07-01", "2026-07-10", "day 07-01T00:00/07-02 day 07-05T00:00/07-06"},
		"a date with a time": {
			calendarOf(vevent("DTSTART;VALUE=DATE:20260701T000000")), "2026-07-01", "2026-07-02", "day 07-01T00:00/07-02"},
		"no end": {
			calendarOf(vevent("DTSTART:20260701T070000Z")), "2026-07-01", "2026-07-02", "07-01T09:00/09:00"},
		"an end before the start": {
			calendarOf(vevent("DTSTART:20260701T070000Z", "DTEND:20260701T060000Z")), "2026-07-01", "2026-07-02", "07-01T09:00/09:00"},
		"no seconds": {
			calendarOf(vevent("DTSTART:20260701T0700Z", "DTEND:20260701T0800Z")), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"cancelled": {
			calendarOf(vevent("DTSTART:20260701T070000Z", "STATUS:CANCELLED")), "2026-07-01", "2026-07-02", ""},
		"no start": {calendarOf(vevent("SUMMARY:x")), "2026-07-01", "2026-07-02", ""},
		"a byte order mark, bare line ends, folded lines": {
			"\ufeff" + strings.ReplaceAll(calendarOf(vevent("DTSTART;TZID=Euro\r\n pe/Ber\r\n\tlin:20260701T0\r\n 90000", "DURATION:PT1H")), "\r\n", "\n"), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"lines that are none": {
			calendarOf("garbage", ":", ";", "X", vevent("DTSTART:20260701T070000Z", "DURATION:PT1H", "ATTACH;X", "X;Y=", `Z;A="b`, "no colon here", "DESCRIPTION:a", "broken over two lines")),
			"2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"alarms and tasks": {
			calendarOf("BEGIN:VTODO", "DTSTART:20260701T070000Z", "END:VTODO",
				vevent("DTSTART:20260701T070000Z", "DURATION:PT1H", "BEGIN:VALARM", "DTSTART:20260705T070000Z", "DURATION:PT9H", "END:VALARM")), "2026-07-01", "2026-07-10", "07-01T09:00/10:00"},
		"cut short": {
			strings.TrimSuffix(calendarOf(vevent("DTSTART:20260701T070000Z", "DURATION:PT1H")), "END:VEVENT\r\nEND:VCALENDAR\r\n"), "2026-07-01", "2026-07-02", "07-01T09:00/10:00"},
		"two calendars, ends that end nothing": {
			calendarOf("END:VEVENT", vevent("DTSTART:20260701T070000Z", "DURATION:PT1H")) + strings.ReplaceAll(calendarOf(vevent("DTSTART:20260701T090000Z", "DURATION:PT1H")), "u@", "v@"),
			"2026-07-01", "2026-07-02", "07-01T09:00/10:00 07-01T11:00/12:00"},
	} {
		t.Run(name, func(t *testing.T) {
			day := func(s string) time.Time {
				d, err := time.ParseInLocation("2006-01-02", s, berlin)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			events, err := parse(c.text, berlin, newLinks(publicURL))
			if err != nil {
				t.Fatal(err)
			}
			entries, err := expand(events, day(c.from), day(c.to))
			if err != nil {
				t.Fatal(err)
			}
			if got := written(entries); got != c.want {
				t.Errorf("it happens at\n%s, not at\n%s", got, c.want)
			}
		})
	}
}

// written is what entries are, in short.
func written(entries []Entry) string {
	var all []string
	for _, e := range entries {
		start, end := e.Start.In(berlin).Format("01-02T15:04"), e.End.In(berlin).Format("15:04")
		if e.AllDay {
			start, end = "day "+start, e.End.In(berlin).Format("01-02")
		}
		all = append(all, start+"/"+end)
	}
	return strings.Join(all, " ")
}

func TestText(t *testing.T) {
	text := calendarOf(vevent("DTSTART:20260701T070000Z", `SUMMARY;LANGUAGE=de:Gr\, o\;ß\\e Runde\n2`, "LOCATION:Room 1", `ORGANIZER;CN="Ann: Lee":mailto:ann@example.org`,
		"DESCRIPTION:see "+publicURL+"/m/123456789."))
	events, err := parse(text, berlin, newLinks(publicURL))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	want := Entry{UID: "u@example.org", Title: "Gr, o;ß\\e Runde\n2", Location: "Room 1", Organiser: "Ann: Lee", Link: publicURL + "/m/123456789", LinkKind: OwnLink, Number: "123456789"}
	if events[0].entry != want {
		t.Errorf("it is %+v, not %+v", events[0].entry, want)
	}
}

func TestNoCalendar(t *testing.T) {
	for _, text := range []string{"", "<html><body>Sign in</body></html>", "BEGIN:VEVENT\nEND:VEVENT"} {
		if _, err := parse(text, berlin, links{}); problemIn(err) != ProblemFormat {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMuch: nothing that somebody can put into a file keeps the server busy for long.
func TestMuch(t *testing.T) {
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, berlin)
	for name, line := range map[string]string{
		"by the hour for ages": "RRULE:FREQ=HOURLY",
		"never":                "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"never, by the hour":   "RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
		"by the second":        "RRULE:FREQ=SECONDLY;INTERVAL=7;BYMINUTE=61",
		"all times of a day":   "RRULE:FREQ=DAILY;BYHOUR=" + upTo(24) + ";BYMINUTE=" + upTo(60) + ";BYSECOND=" + upTo(60),
	} {
		var lines []string
		for i := range 200 {
			lines = append(lines, strings.Replace(vevent("DTSTART:17000701T070000Z", line), "u@", "u"+strings.Repeat("x", i)+"@", 1))
		}
		events, err := parse(calendarOf(lines...), berlin, links{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		entries, err := expand(events, from, from.AddDate(0, 3, 0))
		took := time.Since(began)
		if took > 20*maxReckon || len(entries) > maxExpanded+MaxEntries {
			t.Errorf("%s: %d entries in %v, %v", name, len(entries), took, err)
		}
		t.Logf("%s: %d entries in %v, %v", name, len(entries), took, err)
	}
}

// upTo is 0,1,…,n-1.
func upTo(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strconv.Itoa(i)
	}
	return strings.Join(all, ",")
}

func FuzzParse(f *testing.F) {
	f.Add(calendarOf(outlook, vevent("DTSTART;TZID=Customized Time Zone:20260701T090000", "DTEND:20260701T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,-1FR;UNTIL=20270101")))
	f.Add(calendarOf(vevent("DTSTART;VALUE=DATE:20260701", "DURATION:P1W2DT3H", "RDATE;VALUE=PERIOD:20260704T070000Z/PT1H", "EXDATE:20260702", `X;A="b",c:d`)))
	f.Add(calendarOf(vevent("RECURRENCE-ID:20260701T070000Z", "DTSTART:20260701T070000Z", "CONFERENCE:https://zoom.us/j/1", "ORGANIZER;CN=A:mailto:a@b")))
	f.Fuzz(func(t *testing.T, text string) {
		events, err := parse(text, berlin, newLinks(publicURL))
		if err != nil {
			return
		}
		from := time.Date(2026, 6, 1, 0, 0, 0, 0, berlin)
		to := from.AddDate(0, 3, 0)
		entries, err := expand(events, from, to)
		if err != nil && problemIn(err) != ProblemSize {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.End.Before(e.Start) || !overlaps(e.Start, e.End, from, to) {
				t.Fatalf("an entry from %v to %v", e.Start, e.End)
			}
		}
	})
}

func TestWindowsZones(t *testing.T) {
	if len(windowsZones) < 130 {
		t.Errorf("%d names", len(windowsZones))
	}
	for name, iana := range windowsZones {
		if _, err := time.LoadLocation(iana); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if byName(name) == nil {
			t.Errorf("%s is not known", name)
		}
	}
}
