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

// LiveWanted reports whether some stream wants what is of the moment in a tenant: what is told often need not be made otherwise.
func (a *API) LiveWanted(tenant string) bool { return a.live.any(tenant) }

func (a *API) listenLive(tenant string, into chan<- moment) (stop func(), err error) {
	leave, _ := a.live.enter(tenant)
	unsubscribe, err := a.subscribeLive(tenant, into)
	if err != nil {
		leave()
		return nil, err
	}
	return func() {
		unsubscribe()
		leave()
	}, nil
}

func (a *API) subscribeLive(tenant string, into chan<- moment) (stop func(), err error) {
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
	if !w.wants(m.Kind) {
		return false
	}
	return w.all || m.Audience.Everybody || w.c.Kind == access.User && slices.Contains(m.Audience.Users, w.c.ID)
}

// listeners counts streams: those of each principal, or those of each tenant that want what is of the moment.
type listeners struct {
	most int // of one; 0: any number

	mu sync.Mutex
	by map[string]int
}

func newListeners(most int) *listeners { return &listeners{most: most, by: map[string]int{}} }

func (l *listeners) any(who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.by[who] > 0
}

func (l *listeners) enter(who string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && l.by[who] >= l.most {
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
