package calendars

import (
	"context"
	"time"
)

// icsConnector reads a file that is fetched again only if it has changed.
type icsConnector struct {
	f     fetcher
	url   string
	id    string
	files *cache[file]
	now   func() time.Time
	links links
}

func (c *icsConnector) Events(ctx context.Context, from, to time.Time) ([]Entry, error) {
	k := key{calendar: c.id}
	have, there, fresh := c.files.get(k, c.now())
	if !there || !fresh {
		got, err := c.f.get(ctx, c.url, have)
		if err != nil {
			return nil, err
		}
		have = got
	}
	events, err := parse(have.text, from.Location(), c.links)
	if err != nil {
		return nil, err
	}
	if !fresh { // it is a calendar, so it is worth keeping
		c.files.put(k, have, len(have.text)+512, c.now().Add(freshness))
	}
	return expand(events, from, to)
}
