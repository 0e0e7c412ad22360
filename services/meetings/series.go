package meetings

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones on machines that have none

	"github.com/teambition/rrule-go"
)

// LocalFormat is how wall-clock times are written.
const LocalFormat = "2006-01-02T15:04"

const (
	maxOccurrences = 1000
	maxYears       = 5
	untilFormat    = "20060102T150405"
)

// series is when a meeting is. Wall-clock times are kept as if they were UTC.
type series struct {
	start    time.Time
	zone     *time.Location
	duration int // minutes
	rule     *rrule.ROption
}

// parseLocal reads a wall-clock time; seconds may be there and have to be zero.
func parseLocal(field, value string) (time.Time, error) {
	t, err := time.Parse(LocalFormat, value)
	if err != nil {
		t, err = time.Parse(LocalFormat+":05", value)
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2200 || t.Second() != 0 {
		return time.Time{}, fault(field, value, "is not a local time like 2026-03-02T09:00")
	}
	return t, nil
}

func parseZone(field, name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > 64 || path.Clean(name) != name {
		return nil, fault(field, name, "is not the name of a time zone like Europe/Amsterdam")
	}
	if zone, found := zones.Load(name); found {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fault(field, name, "is not the name of a time zone like Europe/Amsterdam")
	}
	zones.Store(zone.String(), zone)
	return zone, nil
}

// zones are those that were read once, *time.Location by name: reading one costs more than the row of a list. It is
// bounded by how many there are, some 600.
var zones sync.Map

// instant is when the clocks of a zone show a wall-clock time. One that they skip counts as the time
// that they show when as much has passed since before the change; one that they show twice is the first.
func instant(wall time.Time, zone *time.Location) time.Time {
	const far = 36 * time.Hour
	offset := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	before, after := offset(wall.Add(-far)), offset(wall.Add(far))
	early, late := wall.Add(-before), wall.Add(-after)
	if offset(early) != before && offset(late) == after {
		return late
	}
	return early
}

// wallClock is what the clocks of a zone show at an instant.
func wallClock(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// parseSeries checks when a meeting is. A rule without an end gets one.
func parseSeries(start, zone string, duration int, recurrence string) (series, error) {
	var s series
	var err error
	if s.start, err = parseLocal("start_local", start); err != nil {
		return s, err
	}
	if s.zone, err = parseZone("zone", zone); err != nil {
		return s, err
	}
	if err := checkDuration("duration", duration); err != nil {
		return s, err
	}
	s.duration = duration
	if recurrence == "" {
		return s, nil
	}
	if s.rule, err = parseRule(recurrence, s.zone); err != nil {
		return s, err
	}
	s.rule.Dtstart = s.start
	return s, s.bound(recurrence)
}

// bound checks how long the series goes on.
func (s *series) bound(text string) error {
	end := s.start.AddDate(maxYears, 0, 0)
	if s.rule.Until.After(end) {
		return fault("recurrence", text, "goes on for more than %d years", maxYears)
	}
	open := s.rule.Count == 0 && s.rule.Until.IsZero()
	walls, more := s.expand(end)
	switch {
	case len(walls) == 0 || !walls[0].Equal(s.start):
		first := "it has none"
		if len(walls) > 0 {
			first = "the first is " + walls[0].Format(LocalFormat)
		}
		return fault("recurrence", text, "does not recur at its start, %s; %s", s.start.Format(LocalFormat), first)
	case more && !open:
		return fault("recurrence", text, "has more than %d occurrences or goes on for more than %d years", maxOccurrences, maxYears)
	case open:
		s.rule.Until = walls[len(walls)-1]
	}
	return nil
}

// expand lists the wall-clock times until end, and whether there are more of them.
func (s *series) expand(end time.Time) (walls []time.Time, more bool) {
	if s.rule == nil {
		return []time.Time{s.start}, false
	}
	limited := *s.rule
	// A date past the end stops the library. For a rule that never recurs it runs on to the year 9999, for a tenth of a
	// second: check such rules outside of transactions.
	if limited.Until.IsZero() || limited.Until.After(end) {
		limited.Until = end.AddDate(1, 0, 0)
	}
	r, err := rrule.NewRRule(limited)
	if err != nil {
		return nil, false
	}
	next := r.Iterator()
	for wall, ok := next(); ok; wall, ok = next() {
		if len(walls) == maxOccurrences || wall.After(end) {
			return walls, true
		}
		walls = append(walls, wall)
	}
	return walls, false
}

// text is the rule as it is stored: UNTIL is wall-clock time.
func (s *series) text() string {
	if s.rule == nil {
		return ""
	}
	return s.ruleText(s.rule.Until.Format(untilFormat))
}

func (s *series) ruleText(until string) string {
	r := *s.rule
	r.Until = time.Time{}
	text := r.RRuleString()
	if !s.rule.Until.IsZero() {
		text += ";UNTIL=" + until
	}
	return text
}

var frequencies = map[string]rrule.Frequency{"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}

var weekdays = map[string]rrule.Weekday{
	"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU,
}

// parseRule reads the part of RFC 5545 section 3.3.10 that calendars use: days, weeks, months and years.
func parseRule(text string, zone *time.Location) (*rrule.ROption, error) {
	bad := func(reason string, args ...any) (*rrule.ROption, error) {
		return nil, fault("recurrence", text, reason, args...)
	}
	if len(text) > 500 {
		return bad("is longer than 500 characters")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.ToUpper(text), "RRULE:"), ";") {
		key, value, found := strings.Cut(part, "=")
		if _, twice := parts[key]; !found || twice || value == "" {
			return bad("has a part %q that is no KEY=VALUE, or is there twice", part)
		}
		parts[key] = value
	}
	r := &rrule.ROption{Interval: 1}
	frequency, known := frequencies[parts["FREQ"]]
	if !known {
		return bad("has no FREQ that is one of DAILY, WEEKLY, MONTHLY, YEARLY")
	}
	r.Freq = frequency
	for key, value := range parts {
		ok := true
		switch key {
		case "FREQ":
		case "INTERVAL":
			r.Interval, ok = number(value, 1, 400)
		case "COUNT":
			r.Count, ok = number(value, 1, maxOccurrences)
		case "UNTIL":
			r.Until, ok = parseUntil(value, zone)
		case "WKST":
			r.Wkst, ok = weekdays[value]
		case "BYMONTH":
			r.Bymonth, ok = numbers(value, 1, 12, false)
		case "BYMONTHDAY":
			r.Bymonthday, ok = numbers(value, 1, 31, true)
			ok = ok && (frequency == rrule.MONTHLY || frequency == rrule.YEARLY)
		case "BYSETPOS":
			r.Bysetpos, ok = numbers(value, 1, 366, true)
			ok = ok && (frequency == rrule.MONTHLY || frequency == rrule.YEARLY) && (parts["BYDAY"] != "" || parts["BYMONTHDAY"] != "")
		case "BYDAY":
			r.Byweekday, ok = days(value, frequency, parts["BYMONTH"] != "")
		default:
			return bad("has a part %s, which is not understood", key)
		}
		if !ok {
			return bad("has a part %s=%s that is not allowed there", key, value)
		}
	}
	if r.Count > 0 && !r.Until.IsZero() {
		return bad("has both COUNT and UNTIL")
	}
	return r, nil
}

func number(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most && text[0] != '+' && text[0] != '-'
}

func numbers(text string, least, most int, negative bool) ([]int, bool) {
	var all []int
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(one)
		size := n
		if n < 0 && negative {
			size = -n
		}
		if err != nil || size < least || size > most || len(all) == 62 {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}

// days reads BYDAY: TU, or 2TU and -1FR where a month or a year is counted in.
func days(text string, frequency rrule.Frequency, inMonths bool) ([]rrule.Weekday, bool) {
	most := 0
	switch {
	case frequency == rrule.MONTHLY, frequency == rrule.YEARLY && inMonths:
		most = 5
	case frequency == rrule.YEARLY:
		most = 53
	}
	var all []rrule.Weekday
	for one := range strings.SplitSeq(text, ",") {
		if len(one) < 2 || len(all) == 62 {
			return nil, false
		}
		day, known := weekdays[one[len(one)-2:]]
		if !known {
			return nil, false
		}
		if count := one[:len(one)-2]; count != "" {
			n, ok := numbers(count, 1, most, true)
			if !ok || len(n) != 1 {
				return nil, false
			}
			day = day.Nth(n[0])
		}
		all = append(all, day)
	}
	return all, true
}

// parseUntil reads an instant, a wall-clock time or a day, which counts as a whole.
func parseUntil(text string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(untilFormat+"Z", text); err == nil {
		return wallClock(t, zone), true
	}
	if t, err := time.Parse(untilFormat, text); err == nil {
		return t, true
	}
	t, err := time.Parse("20060102", text)
	return t.Add(24*time.Hour - time.Second), err == nil
}

// contains reports whether a wall-clock time is one at which the series recurs.
func contains(walls []time.Time, wall time.Time) bool {
	_, found := slices.BinarySearchFunc(walls, wall, time.Time.Compare)
	return found
}
