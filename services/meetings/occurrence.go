package meetings

import (
	"slices"
	"time"
)

// Exception is how one occurrence differs from its series.
type Exception struct {
	Original    string  `json:"original"` // wall-clock time at which the series has it: its RECURRENCE-ID
	Cancelled   bool    `json:"cancelled,omitempty"`
	Start       *string `json:"start,omitempty"`
	Duration    *int    `json:"duration,omitempty"`
	Subject     *string `json:"subject,omitempty"`
	Description *string `json:"description,omitempty"`
}

// Occurrence is a meeting at one time.
type Occurrence struct {
	Original  string    `json:"original"`    // its key in the series: wall-clock time in the meeting's zone
	Local     string    `json:"start_local"` // wall-clock time at which it begins
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Subject   string    `json:"subject"`
	Changed   bool      `json:"changed,omitempty"` // differs from the series
	Cancelled bool      `json:"cancelled,omitempty"`
}

// instantDuration is for how many minutes an instant meeting is taken to go on.
const instantDuration = 60

// occurrences computes all of them, the cancelled included, in the order of the series.
func (m *meetingRow) occurrences() []Occurrence {
	if m.Kind != Scheduled {
		return nil
	}
	s, err := m.series()
	if err != nil {
		return nil // it was checked before it was stored; the zone has gone from the data
	}
	walls, _ := s.expand(s.start.AddDate(maxYears, 0, 0))
	all := make([]Occurrence, 0, len(walls))
	for _, wall := range walls {
		all = append(all, m.occurrence(&s, wall))
	}
	return all
}

func (m *meetingRow) occurrence(s *series, wall time.Time) Occurrence {
	o := Occurrence{Original: wall.Format(LocalFormat), Subject: m.Subject}
	minutes := s.duration
	if e := m.exception(o.Original); e != nil {
		o.Cancelled, o.Changed = e.Cancelled, !e.Cancelled
		if e.Start != nil {
			if moved, err := parseLocal("start", *e.Start); err == nil {
				wall = moved
			}
		}
		set(&minutes, e.Duration)
		set(&o.Subject, e.Subject)
	}
	o.Start = instant(wall, s.zone).UTC()
	o.End = o.Start.Add(time.Duration(minutes) * time.Minute)
	o.Local = wallClock(o.Start, s.zone).Format(LocalFormat)
	return o
}

func (m *meetingRow) exception(original string) *Exception {
	i := slices.IndexFunc(m.Exceptions, func(e Exception) bool { return e.Original == original })
	if i < 0 {
		return nil
	}
	return &m.Exceptions[i]
}

func (m *meetingRow) series() (series, error) {
	s := series{duration: m.Duration}
	var err error
	if s.start, err = parseLocal("start", m.Start); err != nil {
		return s, err
	}
	if s.zone, err = parseZone("zone", m.Zone); err != nil {
		return s, err
	}
	if m.Recurrence != "" {
		if s.rule, err = parseRule(m.Recurrence, s.zone); err != nil {
			return s, err
		}
		s.rule.Dtstart = s.start
	}
	return s, nil
}

// occurrenceAt is the one with a key, or nil.
func (m *meetingRow) occurrenceAt(original string) *Occurrence {
	for _, o := range m.occurrences() {
		if o.Original == original {
			return &o
		}
	}
	return nil
}

// next is the occurrence that runs at now or is the first after it.
func next(all []Occurrence, now time.Time) *Occurrence {
	var best *Occurrence
	for i, o := range all {
		if !o.Cancelled && o.End.After(now) && (best == nil || o.Start.Before(best.Start)) {
			best = &all[i]
		}
	}
	return best
}

// lastEnd is when the last of them has ended.
func lastEnd(all []Occurrence) time.Time {
	var last time.Time
	for _, o := range all {
		if !o.Cancelled && o.End.After(last) {
			last = o.End
		}
	}
	return last
}

// dropStrays removes exceptions of times at which the series has no occurrence any more.
func (m *meetingRow) dropStrays(s *series) {
	walls, _ := s.expand(s.start.AddDate(maxYears, 0, 0))
	m.Exceptions = slices.DeleteFunc(m.Exceptions, func(e Exception) bool {
		wall, err := parseLocal("original", e.Original)
		return err != nil || s.rule == nil || !contains(walls, wall)
	})
}
