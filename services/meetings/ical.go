package meetings

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

const (
	producer   = "-//Switchyard//Meetings//EN"
	icalLocal  = "20060102T150405"
	icalUTC    = "20060102T150405Z"
	maxLine    = 75 // bytes of a line of a calendar, RFC 5545 section 3.1
	uidSuffix  = "@switchyard"
	zoneMargin = 366 * 24 * time.Hour
)

// calendarBuilder makes one text/calendar of meetings.
type calendarBuilder struct {
	now    time.Time
	events []*ical.Component
	spans  map[string]*zoneSpan // of the zones that events name
}

// zoneSpan is the time for which a zone's rules have to be in the calendar.
type zoneSpan struct {
	zone     *time.Location
	from, to time.Time
}

// view is how one receiver sees a meeting.
type view struct {
	link, description string
	attendee          *ical.Prop // nil: none is named
	cancelled         bool
}

func newCalendar(now time.Time) *calendarBuilder {
	return &calendarBuilder{now: now.UTC(), spans: map[string]*zoneSpan{}}
}

func uid(r *meetingRow) string { return r.ID + uidSuffix }

// addSeries adds a meeting with all that differs from its series.
func (b *calendarBuilder) addSeries(r *meetingRow, v view) error {
	s, err := r.series()
	if err != nil {
		return err
	}
	e := b.event(r, v)
	setLocal(e, ical.PropDateTimeStart, s.start, s.zone)
	setDuration(e, s.duration)
	all := r.occurrences()
	b.cover(s.zone, all)
	if s.rule != nil {
		rule := ical.NewProp(ical.PropRecurrenceRule)
		rule.Value = s.ruleText(instant(s.rule.Until, s.zone).UTC().Format(icalUTC))
		e.Props.Set(rule)
	}
	b.events = append(b.events, e)
	for i := range all {
		switch o := &all[i]; {
		case o.Cancelled:
			wall, err := parseLocal("original", o.Original)
			if err != nil {
				return err
			}
			e.Props.Add(localProp(ical.PropExceptionDates, wall, s.zone))
		case o.Changed:
			if err := b.addOccurrence(r, v, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// addOccurrence adds one occurrence of a series alone.
func (b *calendarBuilder) addOccurrence(r *meetingRow, v view, o *Occurrence) error {
	zone, err := parseZone("zone", r.Zone)
	if err != nil {
		return err
	}
	original, err := parseLocal("original", o.Original)
	if err != nil {
		return err
	}
	start, err := parseLocal("start_local", o.Local)
	if err != nil {
		return err
	}
	e := b.event(r, v)
	e.Props.SetText(ical.PropSummary, o.Subject)
	if x := r.exception(o.Original); x != nil && x.Description != nil {
		e.Props.SetText(ical.PropDescription, withNote(*x.Description, v.description))
	}
	setLocal(e, ical.PropRecurrenceID, original, zone)
	setLocal(e, ical.PropDateTimeStart, start, zone)
	setDuration(e, int(o.End.Sub(o.Start)/time.Minute))
	b.cover(zone, []Occurrence{*o})
	b.events = append(b.events, e)
	return nil
}

// event is what the series and its occurrences have in common.
func (b *calendarBuilder) event(r *meetingRow, v view) *ical.Component {
	e := ical.NewComponent(ical.CompEvent)
	e.Props.SetText(ical.PropUID, uid(r))
	setUTC(e, ical.PropDateTimeStamp, b.now)
	setUTC(e, ical.PropCreated, r.Created)
	setRaw(e, ical.PropSequence, fmt.Sprint(r.Sequence))
	e.Props.SetText(ical.PropSummary, r.Subject)
	e.Props.SetText(ical.PropDescription, withNote(r.Description, v.description))
	e.Props.SetText(ical.PropLocation, v.link)
	setRaw(e, ical.PropURL, v.link)
	status := "CONFIRMED"
	if v.cancelled {
		status = "CANCELLED"
	}
	setRaw(e, ical.PropStatus, status)
	if r.organiser.Email != "" {
		e.Props.Set(address(ical.PropOrganizer, r.organiser.Name, r.organiser.Email))
	}
	if v.attendee != nil {
		e.Props.Set(v.attendee)
	}
	return e
}

func withNote(description, note string) string {
	switch {
	case description == "":
		return note
	case note == "":
		return description
	}
	return description + "\n\n" + note
}

// address is a person in a calendar.
func address(property, name, email string) *ical.Prop {
	p := ical.NewProp(property)
	if name = strings.ReplaceAll(name, `"`, "'"); name != "" {
		p.Params.Set(ical.ParamCommonName, name)
	}
	p.Value = "mailto:" + email
	return p
}

func attendee(name, email string) *ical.Prop {
	p := address(ical.PropAttendee, name, email)
	p.Params.Set(ical.ParamParticipationStatus, "NEEDS-ACTION")
	p.Params.Set(ical.ParamRSVP, "FALSE")
	return p
}

func localProp(property string, wall time.Time, zone *time.Location) *ical.Prop {
	p := ical.NewProp(property)
	p.Params.Set(ical.PropTimezoneID, zone.String())
	p.Value = wall.Format(icalLocal)
	return p
}

func setLocal(c *ical.Component, property string, wall time.Time, zone *time.Location) {
	c.Props.Set(localProp(property, wall, zone))
}

func setUTC(c *ical.Component, property string, t time.Time) {
	setRaw(c, property, t.UTC().Format(icalUTC))
}

func setRaw(c *ical.Component, property, value string) {
	p := ical.NewProp(property)
	p.Value = value
	c.Props.Set(p)
}

func setDuration(c *ical.Component, minutes int) {
	setRaw(c, ical.PropDuration, fmt.Sprintf("PT%dM", minutes))
}

// cover notes for which time a zone's rules are needed.
func (b *calendarBuilder) cover(zone *time.Location, all []Occurrence) {
	for _, o := range all {
		span := b.spans[zone.String()]
		if span == nil {
			span = &zoneSpan{zone, o.Start, o.End}
			b.spans[zone.String()] = span
		}
		if o.Start.Before(span.from) {
			span.from = o.Start
		}
		if o.End.After(span.to) {
			span.to = o.End
		}
	}
}

// component is the zone as a calendar has it: one part for each change of its clocks in the span, so that nothing has to be
// said by rules that the zone's government may change.
func (z *zoneSpan) component() *ical.Component {
	c := ical.NewComponent(ical.CompTimezone)
	setRaw(c, ical.PropTimezoneID, z.zone.String())
	for t := z.from.Add(-48 * time.Hour); t.Before(z.to.Add(zoneMargin)); {
		start, end := t.In(z.zone).ZoneBounds()
		name, offset := t.In(z.zone).Zone()
		kind := ical.CompTimezoneStandard
		if t.In(z.zone).IsDST() {
			kind = ical.CompTimezoneDaylight
		}
		part := ical.NewComponent(kind)
		before := offset
		wall := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
		if !start.IsZero() {
			_, before = start.Add(-time.Second).Zone()
			wall = start.UTC().Add(time.Duration(before) * time.Second)
		}
		setRaw(part, ical.PropDateTimeStart, wall.Format(icalLocal))
		setRaw(part, ical.PropTimezoneOffsetFrom, offsetText(before))
		setRaw(part, ical.PropTimezoneOffsetTo, offsetText(offset))
		part.Props.SetText(ical.PropTimezoneName, name)
		c.Children = append(c.Children, part)
		if end.IsZero() {
			break
		}
		t = end
	}
	return c
}

func offsetText(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}

// text writes the calendar; method is that of iTIP, "" for a feed, which name is the name of.
func (b *calendarBuilder) text(method, name string) (string, error) {
	c := ical.NewCalendar()
	setRaw(c.Component, ical.PropProductID, producer)
	setRaw(c.Component, ical.PropVersion, "2.0")
	setRaw(c.Component, ical.PropCalendarScale, "GREGORIAN")
	if method != "" {
		setRaw(c.Component, ical.PropMethod, method)
	}
	if name != "" {
		c.Props.SetText("X-WR-CALNAME", name)
	}
	if len(b.spans) == 0 { // a calendar must hold something
		b.spans["UTC"] = &zoneSpan{time.UTC, b.now, b.now}
	}
	for _, name := range sortedKeys(b.spans) {
		c.Children = append(c.Children, b.spans[name].component())
	}
	c.Children = append(c.Children, b.events...)
	var out bytes.Buffer
	if err := ical.NewEncoder(&out).Encode(c); err != nil {
		return "", fmt.Errorf("write a calendar: %w", err)
	}
	return fold(out.String()), nil
}

// fold breaks long lines, never within a character.
func fold(text string) string {
	var out strings.Builder
	out.Grow(len(text) + len(text)/40)
	for line := range strings.SplitAfterSeq(text, "\r\n") {
		room := maxLine
		for len(strings.TrimSuffix(line, "\r\n")) > room {
			cut := room
			for cut > 1 && !utf8.RuneStart(line[cut]) {
				cut--
			}
			out.WriteString(line[:cut])
			out.WriteString("\r\n ")
			line, room = line[cut:], maxLine-1
		}
		out.WriteString(line)
	}
	return out.String()
}
