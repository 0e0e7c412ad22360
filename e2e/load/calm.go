package main

import (
	"context"
	"time"
)

const (
	fewForeign = 5 // per cent of a core that others may take
	maxCalm    = time.Minute
)

// undisturbed measures a window when others leave the machine alone, and again,
// -again times, if they did not meanwhile. The least disturbed one counts.
func undisturbed[T any](ctx context.Context, d *driver, s *server, window func() (T, float64, error)) (best T, err error) {
	least := 0.0
	for tries := 0; tries <= d.again; tries++ {
		d.awaitCalm(ctx, s)
		result, foreign, err := window()
		if err != nil {
			return result, err
		}
		if tries == 0 || foreign < least {
			best, least = result, foreign
		}
		if least <= fewForeign {
			return best, nil
		}
		d.say("others took %.0f %% of a core", foreign)
	}
	return best, nil
}

// awaitCalm waits until others leave both cores alone for a second, but not for
// long.
func (d *driver) awaitCalm(ctx context.Context, s *server) {
	for begun := time.Now(); d.again > 0 && ctx.Err() == nil && time.Since(begun) < maxCalm; {
		server, err := s.usage()
		own, err2 := d.usage()
		if err != nil || err2 != nil {
			return
		}
		pause(ctx, time.Second)
		serverNow, err := s.usage()
		ownNow, err2 := d.usage()
		if err != nil || err2 != nil || max(serverNow.foreign(server), ownNow.foreign(own)) <= fewForeign {
			return
		}
	}
}
