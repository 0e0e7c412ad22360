package webhooks

import (
	"slices"
	"strings"

	"switchyard/internal/eventlog"
)

const (
	everything  = "*"
	maxFilters  = 50
	maxFilter   = 64 // bytes of one
	filterBytes = "abcdefghijklmnopqrstuvwxyz0123456789_."
)

// checkFilters returns the filters in order and without repetitions: "*" for all events, "meeting." for those whose
// type begins so, "meeting.started" for one type.
func checkFilters(filters []string) ([]string, error) {
	if len(filters) == 0 || len(filters) > maxFilters {
		return nil, fault("events", "", "has %d entries; 1 to %d are allowed", len(filters), maxFilters)
	}
	for _, f := range filters {
		words := strings.Split(strings.TrimSuffix(f, "."), ".")
		switch {
		case f == everything:
		case len(f) > maxFilter:
			return nil, fault("events", f, "is longer than %d bytes", maxFilter)
		case strings.Trim(f, filterBytes) != "" || slices.Contains(words, ""):
			return nil, fault("events", f, `is neither "*" nor a type like meeting.started nor the beginning of types like meeting.`)
		}
	}
	sorted := slices.Sorted(slices.Values(filters))
	return slices.Compact(sorted), nil
}

// wanted reports whether an endpoint with these filters is told of an event.
func wanted(filters []string, e *eventlog.Event) bool {
	return slices.ContainsFunc(filters, func(f string) bool {
		return f == everything || f == e.Type || strings.HasSuffix(f, ".") && strings.HasPrefix(e.Type, f)
	})
}
