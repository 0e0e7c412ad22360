package calendars

import (
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-ical"
)

const (
	maxComponents = 100_000
	maxDepth      = 8
)

// parse reads the events of an iCalendar file. The files that one meets are not all as RFC 5545 wants
// them, so what can't be read is left out, be it a line, a property or an event; only a text that holds no calendar at all
// is an error. Times without a zone are local's.
func parse(text string, local *time.Location, l links) ([]*event, error) {
	calendars := components(text)
	if len(calendars) == 0 {
		return nil, problem(ProblemFormat, nil, "what is at that address is not a calendar")
	}
	var events []*event
	for _, c := range calendars {
		z := newZones(c, local)
		for _, child := range c.Children {
			if child.Name != ical.CompEvent {
				continue
			}
			if e := readEvent(child, z, l); e != nil {
				events = append(events, e)
			}
		}
	}
	return events, nil
}

// components reads the calendars of a text. The decoder of go-ical is not for texts from anywhere: a line that
// is cut short ends it, or the program.
func components(text string) []*ical.Component {
	text = strings.ToValidUTF8(strings.TrimPrefix(text, "\ufeff"), "\ufffd")
	var calendars, open []*ical.Component
	left, skipped := maxComponents, 0 // skipped: depth inside of what is left out
	for line := range unfolded(text) {
		name, params, value, ok := contentLine(line)
		if !ok {
			continue
		}
		switch kind := strings.ToUpper(strings.TrimSpace(value)); {
		case name == "BEGIN" && (skipped > 0 || left == 0 || len(open) >= maxDepth || len(open) == 0 && kind != ical.CompCalendar):
			skipped++
		case name == "BEGIN":
			left--
			c := ical.NewComponent(kind)
			if len(open) == 0 {
				calendars = append(calendars, c)
			} else {
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, c)
			}
			open = append(open, c)
		case name == "END" && skipped > 0:
			skipped--
		case name == "END":
			// One that was not opened ends nothing; one further out ends all that is in it.
			at := -1
			for i, c := range slices.Backward(open) {
				if c.Name == kind {
					at = i
					break
				}
			}
			if at >= 0 {
				open = open[:at]
			}
		case skipped == 0 && len(open) > 0:
			c := open[len(open)-1]
			c.Props[name] = append(c.Props[name], ical.Prop{Name: name, Params: params, Value: value})
		}
	}
	return calendars
}

// unfolded yields the lines with those that continue them.
func unfolded(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		var line strings.Builder
		for raw := range strings.Lines(text) {
			raw = strings.TrimRight(raw, "\r\n")
			if raw != "" && (raw[0] == ' ' || raw[0] == '\t') {
				line.WriteString(raw[1:])
				continue
			}
			if line.Len() > 0 && !yield(line.String()) {
				return
			}
			line.Reset()
			line.WriteString(raw)
		}
		if line.Len() > 0 {
			yield(line.String())
		}
	}
}

// contentLine takes NAME;PARAM=VALUE,"VALUE":VALUE apart.
func contentLine(line string) (name string, params ical.Params, value string, ok bool) {
	i := strings.IndexAny(line, ";:")
	if i <= 0 {
		return "", nil, "", false
	}
	name, rest := strings.ToUpper(strings.TrimSpace(line[:i])), line[i:]
	params = ical.Params{}
	for strings.HasPrefix(rest, ";") {
		i := strings.IndexAny(rest, "=:")
		if i < 0 {
			return "", nil, "", false
		}
		if rest[i] == ':' { // a parameter without a value
			rest = rest[i:]
			break
		}
		param := strings.ToUpper(rest[1:i])
		rest = rest[i+1:]
		for {
			var v string
			if strings.HasPrefix(rest, `"`) {
				end := strings.IndexByte(rest[1:], '"')
				if end < 0 {
					return "", nil, "", false
				}
				v, rest = rest[1:end+1], rest[end+2:]
			} else {
				end := strings.IndexAny(rest, ",;:")
				if end < 0 {
					return "", nil, "", false
				}
				v, rest = rest[:end], rest[end:]
			}
			params[param] = append(params[param], v)
			if !strings.HasPrefix(rest, ",") {
				break
			}
			rest = rest[1:]
		}
	}
	value, ok = strings.CutPrefix(rest, ":")
	return name, params, value, ok
}

// unescape undoes what is escaped in a TEXT.
var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";").Replace
