package calendars

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

const maxText = 500 // characters of a title, a place or a name

// event is a VEVENT that was understood.
type event struct {
	entry      Entry // without times
	start      time.Time
	length     time.Duration
	allDay     bool // start is a midnight in UTC, and so are dates and exceptions
	local      *time.Location
	rules      []string
	dates      []time.Time // RDATE
	except     []time.Time // EXDATE
	exceptDays map[string]bool
	instead    time.Time // RECURRENCE-ID: it stands for that occurrence of the event with the same uid
	insteadDay string    // as a date, if it is none of a time
	sequence   int
	cancelled  bool
}

const dayFormat = "20060102"

// readEvent returns nil for what has no time that can be read.
func readEvent(c *ical.Component, z *zones, l links) *event {
	first := func(name string) *ical.Prop { return c.Props.Get(name) }
	text := func(name string) string {
		if p := first(name); p != nil {
			return trim(unescape(p.Value))
		}
		return ""
	}
	at := first(ical.PropDateTimeStart)
	if at == nil {
		return nil
	}
	start, allDay, ok := z.when(at, at.Value)
	if !ok {
		return nil
	}
	e := &event{start: start, allDay: allDay, local: z.local, exceptDays: map[string]bool{}}
	e.entry = Entry{UID: text(ical.PropUID), Title: text(ical.PropSummary), Location: text(ical.PropLocation), AllDay: allDay, Organiser: organiser(first(ical.PropOrganizer))}
	e.entry.Link, e.entry.LinkKind, e.entry.Number = l.ofEvent(c)
	e.length = length(c, z, start, allDay)
	e.cancelled = strings.EqualFold(text(ical.PropStatus), "CANCELLED")
	if p := first(ical.PropSequence); p != nil {
		e.sequence, _ = p.Int() // 0 if it is none
	}
	for _, p := range c.Props[ical.PropRecurrenceRule] {
		e.rules = append(e.rules, p.Value)
	}
	for _, p := range c.Props[ical.PropRecurrenceDates] {
		for value := range strings.SplitSeq(p.Value, ",") {
			value, _, _ = strings.Cut(value, "/") // a period begins with its start
			if t, _, ok := z.when(&p, value); ok && len(e.dates) < maxDates {
				e.dates = append(e.dates, t)
			}
		}
	}
	for _, p := range c.Props[ical.PropExceptionDates] {
		for value := range strings.SplitSeq(p.Value, ",") {
			switch t, day, ok := z.when(&p, value); {
			case !ok || len(e.except) >= maxDates || len(e.exceptDays) >= maxDates:
			case day:
				e.exceptDays[t.Format(dayFormat)] = true
			default:
				e.except = append(e.except, t)
			}
		}
	}
	if p := first(ical.PropRecurrenceID); p != nil {
		t, day, ok := z.when(p, p.Value)
		switch {
		case !ok:
			return nil // nobody knows what it stands for
		case day:
			e.insteadDay = t.Format(dayFormat)
		default:
			e.instead = t
		}
	}
	return e
}

const maxDates = 5000 // RDATE and EXDATE of an event

// length is how long each occurrence takes.
func length(c *ical.Component, z *zones, start time.Time, allDay bool) time.Duration {
	const day = 24 * time.Hour
	d := time.Duration(0)
	if allDay {
		d = day
	}
	if p := c.Props.Get(ical.PropDateTimeEnd); p != nil {
		if end, endDay, ok := z.when(p, p.Value); ok && endDay == allDay && end.After(start) {
			d = end.Sub(start)
		}
	} else if p := c.Props.Get(ical.PropDuration); p != nil {
		if given, err := (&ical.Prop{Name: ical.PropDuration, Value: strings.TrimSpace(p.Value)}).Duration(); err == nil && given > 0 && given < 20*365*day {
			d = given
		}
	}
	if allDay {
		d = max(day, d.Truncate(day))
	}
	return d
}

// organiser is a name, or an e-mail address.
func organiser(p *ical.Prop) string {
	if p == nil {
		return ""
	}
	if name := p.Params.Get("CN"); name != "" {
		return trim(name)
	}
	value := strings.TrimSpace(p.Value)
	if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		value = value[7:]
	}
	return trim(value)
}

func trim(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s))
	if utf8.RuneCountInString(s) > maxText {
		return string([]rune(s)[:maxText]) + "…"
	}
	return s
}
