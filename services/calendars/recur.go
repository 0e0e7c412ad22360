package calendars

import (
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	maxSteps    = 300_000        // occurrences of one rule that are looked at
	maxExpanded = 5 * MaxEntries // entries of one calendar
	maxReckon   = time.Second    // for the recurrences of one calendar, give or take one rule
)

// expand returns the occurrences between two times. Events that stand for an occurrence of another replace it.
func expand(events []*event, from, to time.Time) ([]Entry, error) {
	all := map[string]*series{}
	var order []*series
	for _, e := range events {
		s := all[e.entry.UID]
		if s == nil || e.entry.UID == "" {
			s = &series{}
			all[e.entry.UID] = s
			order = append(order, s)
		}
		switch {
		case !e.instead.IsZero() || e.insteadDay != "":
			s.instead = append(s.instead, e)
		case s.master == nil || e.sequence >= s.master.sequence:
			s.master = e
		}
	}
	began := time.Now()
	var entries []Entry
	for _, s := range order {
		if len(entries) > maxExpanded || time.Since(began) > maxReckon {
			return nil, problem(ProblemSize, nil, "the calendar holds more than can be shown")
		}
		for _, e := range s.replacing() {
			entries = append(entries, e.occurrences(from, to)...)
		}
		if s.master != nil {
			s.master.replaced(s.instead)
			entries = append(entries, s.master.occurrences(from, to)...)
		}
	}
	return unique(entries), nil
}

// series is an event with those that stand for some of its occurrences.
type series struct {
	master  *event
	instead []*event
}

// replacing are the events that stand for occurrences, the newest for each.
func (s *series) replacing() []*event {
	by := map[string]*event{}
	for _, e := range s.instead {
		k := e.insteadDay + e.instead.UTC().Format(time.RFC3339)
		if old := by[k]; old == nil || e.sequence >= old.sequence {
			by[k] = e
		}
	}
	var newest []*event
	for _, e := range s.instead {
		k := e.insteadDay + e.instead.UTC().Format(time.RFC3339)
		if by[k] == e {
			e.rules, e.dates = nil, nil
			newest = append(newest, e)
		}
	}
	return newest
}

// replaced takes out what others stand for.
func (e *event) replaced(instead []*event) {
	for _, other := range instead {
		if other.insteadDay != "" {
			e.exceptDays[other.insteadDay] = true
		} else {
			e.except = append(e.except, other.instead)
		}
	}
}

// occurrences lists those that overlap with a window, in no order.
func (e *event) occurrences(from, to time.Time) []Entry {
	if e.cancelled {
		return nil
	}
	except := make(map[int64]bool, len(e.except))
	for _, t := range e.except {
		except[t.Unix()] = true
	}
	seen := map[int64]bool{}
	var entries []Entry
	add := func(t time.Time) {
		if seen[t.Unix()] || except[t.Unix()] || e.exceptDays[t.Format(dayFormat)] || len(entries) >= MaxEntries {
			return
		}
		seen[t.Unix()] = true
		entry := e.entry
		entry.Start, entry.End = e.shown(t), e.shown(t.Add(e.length))
		if overlaps(entry.Start, entry.End, from, to) {
			entries = append(entries, entry)
		}
	}
	add(e.start) // it is one, even where the rule does not say so
	for _, t := range e.dates {
		add(t)
	}
	// Days are reckoned in UTC, which is at most a day from where they are meant.
	early, late := from.Add(-e.length-48*time.Hour), to.Add(48*time.Hour)
	for _, text := range e.rules {
		rule, until := ruleOf(text, e.start, e.allDay)
		if rule == nil {
			continue
		}
		next := rule.Iterator()
		steps := 0
		for t, more := next(); more && steps < maxSteps && t.Before(late); t, more = next() {
			steps++
			if !until.IsZero() && t.After(until) {
				break
			}
			if t.After(early) {
				add(t)
			}
		}
	}
	return entries
}

// shown makes a day one of the reader's zone.
func (e *event) shown(t time.Time) time.Time {
	if !e.allDay {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, e.local)
}

// ruleOf reads an RRULE, its UNTIL apart. nil for one that is not understood or would take for ever: no calendar of people
// needs one by the minute.
func ruleOf(text string, start time.Time, allDay bool) (rule *rrule.RRule, until time.Time) {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name = strings.ToUpper(strings.TrimSpace(name)); name {
		case "":
		case "UNTIL":
			var ok bool
			if until, ok = untilOf(value, start, allDay); !ok {
				return nil, until
			}
		case "DTSTART", "RDATE", "EXDATE":
		default:
			if !strings.HasPrefix(name, "X-") {
				parts = append(parts, name+"="+strings.ToUpper(strings.TrimSpace(value)))
			}
		}
	}
	option, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil || option.Freq > rrule.HOURLY || option.Interval > 10_000 || option.Freq == rrule.HOURLY && option.Interval > 1 && len(option.Byhour) > 0 {
		return nil, until
	}
	// No list may be so long that one step takes for ever.
	for _, list := range [][]int{option.Bysetpos, option.Bymonth, option.Bymonthday, option.Byyearday, option.Byweekno, option.Byhour, option.Byminute, option.Bysecond, option.Byeaster} {
		if len(list) > 400 {
			return nil, until
		}
	}
	if len(option.Byhour)*max(1, len(option.Byminute))*max(1, len(option.Bysecond)) > 1000 || len(option.Byminute)*max(1, len(option.Bysecond)) > 1000 || len(option.Byweekday) > 400 {
		return nil, until
	}
	option.Dtstart = start
	option.Until = time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC) // else the library ends it 290 years after the start: Outlook's zones begin in 1601
	rule, err = rrule.NewRRule(*option)
	if err != nil {
		return nil, until
	}
	return rule, until
}

// untilOf reads an UNTIL, which is meant in UTC, or as the start is, or as a whole day.
func untilOf(value string, start time.Time, allDay bool) (time.Time, bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if allDay && len(value) > 8 {
		value = value[:8]
	}
	if t, err := time.ParseInLocation(dayFormat, value, start.Location()); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Second), true
	}
	location := start.Location()
	if utc, is := strings.CutSuffix(value, "Z"); is {
		value, location = utc, time.UTC
	}
	for _, format := range timeFormats {
		if t, err := time.ParseInLocation(format, value, location); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// unique drops entries that are there twice, as files with repeated parts have them.
func unique(entries []Entry) []Entry {
	slices.SortFunc(entries, func(a, b Entry) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(a.UID, b.UID)
	})
	return slices.CompactFunc(entries, func(a, b Entry) bool { return a.UID != "" && a.UID == b.UID && a.Start.Equal(b.Start) })
}
