package controlapi

import (
	"encoding/json"
	"slices"
	"sync"

	"switchyard/access"
	"switchyard/internal/eventlog"
)

// moment is what is only of the moment: it has no number and is in no log.
type moment struct {
	Kind     string            `json:"kind"`
	Audience eventlog.Audience `json:"audience"`
	Data     json.RawMessage   `json:"data"`
}

const livePrefix = "live."

// PublishLive tells all streams of a tenant that want it something of the moment.
func (a *API) PublishLive(tenant, kind string, audience eventlog.Audience, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	text, err := json.Marshal(moment{kind, audience, body})
	if err != nil {
		return err
	}
	return a.deps.Bus.Publish(livePrefix+tenant, text)
}

func (a *API) listenLive(tenant string, into chan<- moment) (stop func(), err error) {
	return a.deps.Bus.Subscribe(livePrefix+tenant, func(_ string, data []byte) {
		var m moment
		if json.Unmarshal(data, &m) != nil {
			return
		}
		select {
		case into <- m:
		default: // the client is slow; what is of the moment is over then
		}
	})
}

func (w *watcher) seesLive(m moment) bool {
	return w.all || m.Audience.Everybody || w.c.Kind == access.User && slices.Contains(m.Audience.Users, w.c.ID)
}

// listeners counts the streams of each principal.
type listeners struct {
	mu sync.Mutex
	by map[string]int
}

func (l *listeners) enter(who string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := maxListeners
	if l.by[who] >= limit {
		return nil, false
	}
	l.by[who]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.by[who]--; l.by[who] == 0 {
			delete(l.by, who)
		}
	}, true
}
