package calendars

import (
	"strings"
	"time"
	_ "time/tzdata" // zones do not depend on what the machine has

	"github.com/emersion/go-ical"
)

// zones finds the time zones that a calendar names: those of the IANA and of Windows by their names, others by
// the calendar's own definitions.
type zones struct {
	local *time.Location // of times that name none
	own   map[string]*ical.Component
	known map[string]*time.Location
	began time.Time
}

const maxZones = 200 // of one calendar

func newZones(calendar *ical.Component, local *time.Location) *zones {
	z := &zones{local: local, own: map[string]*ical.Component{}, known: map[string]*time.Location{}, began: time.Now()}
	for _, c := range calendar.Children {
		if id := c.Props.Get(ical.PropTimezoneID); c.Name == ical.CompTimezone && id != nil && len(z.own) < maxZones {
			z.own[id.Value] = c
		}
	}
	if p := calendar.Props.Get("X-WR-TIMEZONE"); p != nil {
		if named := byName(p.Value); named != nil {
			z.local = named
		}
	}
	return z
}

// location returns the zone with an id; local for one that nobody knows.
func (z *zones) location(id string) *time.Location {
	if l := z.known[id]; l != nil {
		return l
	}
	l := byName(id)
	if own := z.own[id]; l == nil && own != nil {
		if p := own.Props.Get("X-LIC-LOCATION"); p != nil {
			l = byName(p.Value)
		}
		if l == nil && time.Since(z.began) < maxReckon {
			l = defined(id, own)
		}
	}
	if l == nil {
		l = z.local
	}
	if len(z.known) < maxZones {
		z.known[id] = l
	}
	return l
}

// byName knows Europe/Berlin, /mozilla.org/20050126_1/Europe/Berlin, W. Europe Standard Time and
// "(UTC+01:00) Amsterdam, …" not: that is a matter of the definition that comes with it.
func byName(id string) *time.Location {
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if id == "" || strings.EqualFold(id, "local") || len(id) > 200 {
		return nil
	}
	if name, found := windowsZones[strings.ToLower(id)]; found {
		id = name
	}
	for name := strings.TrimPrefix(id, "/"); name != ""; {
		if l, err := time.LoadLocation(name); err == nil {
			return l
		}
		_, name, _ = strings.Cut(name, "/")
	}
	return nil
}

var (
	dateFormats = []string{dayFormat, "2006-01-02"}
	timeFormats = []string{"20060102T150405", "20060102T1504", "2006-01-02T15:04:05", "2006-01-02T15:04"}
)

// when reads a date, as its midnight in UTC, or a time. value is p's, or one of several that p has.
func (z *zones) when(p *ical.Prop, value string) (t time.Time, date, ok bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if strings.EqualFold(p.Params.Get(ical.ParamValue), "DATE") && len(value) > 8 && value[8] == 'T' {
		value = value[:8] // a date, whatever else it says
	}
	for _, format := range dateFormats {
		if t, err := time.Parse(format, value); err == nil && sane(t) {
			return t, true, true
		}
	}
	location := z.local
	if utc, is := strings.CutSuffix(value, "Z"); is {
		value, location = utc, time.UTC
	} else if id := p.Params.Get(ical.PropTimezoneID); id != "" {
		location = z.location(id)
	}
	for _, format := range timeFormats {
		if t, err := time.ParseInLocation(format, value, location); err == nil && sane(t) {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}

// sane keeps out times with which one can't reckon.
func sane(t time.Time) bool { return t.Year() >= 1600 && t.Year() <= 2500 }
