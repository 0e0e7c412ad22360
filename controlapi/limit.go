package controlapi

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"switchyard/access"
)

// How many requests somebody may make: so many at once, and so many a second over time.
const (
	userBurst, userRate       = 300, 30
	serviceBurst, serviceRate = 2000, 500
	strangerBurst             = 200 // of an address; many people may be behind one
	strangerRate              = 20
	maxLimited                = 20_000
)

// limits are token buckets by principal, or by address for who has not signed in.
type limits struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*rate.Limiter
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, by: map[string]*rate.Limiter{}}
}

// take takes a token and tells in headers how many are left (draft-ietf-httpapi-ratelimit-headers). It returns how
// long to wait if there is none.
func (l *limits) take(h http.Header, c *caller) time.Duration {
	key, burst, perSecond := "address:"+c.Address.String(), strangerBurst, strangerRate
	switch c.Kind {
	case access.User:
		key, burst, perSecond = c.Actor(), userBurst, userRate
	case access.Service:
		key, burst, perSecond = c.Actor(), serviceBurst, serviceRate
	}
	now := l.now()
	limiter := l.of(key, burst, perSecond, now)
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, burst, burst/perSecond))
	if !limiter.AllowN(now, 1) {
		wait := time.Duration(float64(time.Second) * (1 - limiter.TokensAt(now)) / float64(perSecond))
		h.Set("RateLimit", fmt.Sprintf(`"default";r=0;t=%d`, int(wait/time.Second)+1))
		return max(wait, time.Millisecond)
	}
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, int(limiter.TokensAt(now)), burst/perSecond))
	return 0
}

func (l *limits) of(key string, burst, perSecond int, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.by[key]
	if limiter == nil {
		if len(l.by) >= maxLimited {
			for k, v := range l.by { // a full bucket is as good as a new one
				if v.TokensAt(now) >= float64(v.Burst()) {
					delete(l.by, k)
				}
			}
		}
		if len(l.by) >= maxLimited {
			key = "everybody else"
			if limiter = l.by[key]; limiter != nil {
				return limiter
			}
		}
		limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
		l.by[key] = limiter
	}
	return limiter
}
