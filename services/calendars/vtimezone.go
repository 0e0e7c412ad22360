package calendars

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

const (
	maxChanges  = 1000 // of the clocks, of one zone
	firstChange = 1970 // year from which rules are followed: Outlook's begin in 1601
	lastChange  = 2050 // year
	maxObserved = 40   // STANDARD and DAYLIGHT parts of one zone
)

// change is one change of the clocks.
type change struct {
	at       int64 // seconds since 1970
	from, to int   // seconds east of Greenwich
}

// defined makes a zone of a VTIMEZONE; nil if it can't be understood.
func defined(id string, zone *ical.Component) *time.Location {
	var changes []change
	for _, c := range zone.Children[:min(len(zone.Children), maxObserved)] {
		changes = append(changes, observed(c)...)
	}
	if len(changes) == 0 || len(changes) > maxChanges {
		return nil
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	l, err := time.LoadLocationFromTZData(id, tzif(changes))
	if err != nil {
		return nil
	}
	return l
}

// observed lists the changes that a STANDARD or DAYLIGHT part tells of.
func observed(c *ical.Component) (changes []change) {
	offset := func(name string) (int, bool) {
		p := c.Props.Get(name)
		if p == nil {
			return 0, false
		}
		return utcOffset(p.Value)
	}
	from, ok1 := offset(ical.PropTimezoneOffsetFrom)
	to, ok2 := offset(ical.PropTimezoneOffsetTo)
	start := c.Props.Get(ical.PropDateTimeStart)
	if !ok1 || !ok2 || start == nil {
		return nil
	}
	// Local times are reckoned with as if they were UTC.
	z := &zones{local: time.UTC}
	first, _, ok := z.when(&ical.Prop{Value: start.Value}, start.Value)
	if !ok {
		return nil
	}
	add := func(local time.Time) { changes = append(changes, change{local.Unix() - int64(from), from, to}) }
	add(first)
	for _, p := range c.Props[ical.PropRecurrenceDates] {
		for value := range strings.SplitSeq(p.Value, ",") {
			if t, _, ok := z.when(&ical.Prop{Value: value}, value); ok && len(changes) < maxChanges {
				add(t)
			}
		}
	}
	if p := c.Props.Get(ical.PropRecurrenceRule); p != nil {
		start := first
		if first.Year() < firstChange && !strings.Contains(p.Value, "COUNT") {
			start = first.AddDate(firstChange-first.Year(), 0, 0)
		}
		rule, until := ruleOf(p.Value, start, false)
		if rule == nil || rule.Options.Freq != rrule.YEARLY {
			return changes
		}
		next := rule.Iterator()
		for t, more := next(); more && t.Year() < lastChange && len(changes) < maxChanges; t, more = next() {
			// UNTIL is in UTC.
			if !until.IsZero() && t.Add(-time.Duration(from)*time.Second).After(until) {
				break
			}
			if t.After(first) {
				add(t)
			}
		}
	}
	return changes
}

// utcOffset reads +hhmm or +hhmmss.
func utcOffset(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint((s[1:] + "00")[:6], 10, 32)
	if err != nil || n >= 240000 {
		return 0, false
	}
	seconds := int(n/10000*3600 + n/100%100*60 + n%100)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// tzif writes changes in order as RFC 8536 has them.
func tzif(changes []change) []byte {
	header := func(b []byte, times, types int) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, types, 4 * types} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	offsets := []int{changes[0].from} // the type of what was before
	typeOf := func(offset int) byte {
		i := slices.Index(offsets, offset)
		if i < 0 {
			i = len(offsets)
			offsets = append(offsets, offset)
		}
		return byte(i)
	}
	var times, indices []byte
	for _, c := range changes {
		times = binary.BigEndian.AppendUint64(times, uint64(c.at))
		indices = append(indices, typeOf(c.to))
	}
	b := header(nil, 0, 0)
	b = header(b, len(changes), len(offsets))
	b = append(append(b, times...), indices...)
	for i, offset := range offsets {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(offset)))
		b = append(b, 0, byte(4*i))
	}
	for range offsets {
		b = append(b, "LMT\x00"...)
	}
	return append(b, "\n\n"...)
}
