package calendars

import (
	"container/list"
	"sync"
	"time"
)

// cache keeps values for a while, at most so much of them; what was not used for longest goes first.
type cache[V any] struct {
	mu    sync.Mutex
	room  int // cost that is left
	by    map[key]*list.Element
	order list.List // the one used last in front
}

// key is of a calendar, and of what was asked of it.
type key struct{ calendar, what string }

type cached[V any] struct {
	key   key
	value V
	cost  int
	ends  time.Time
}

func newCache[V any](room int) *cache[V] { return &cache[V]{room: room, by: map[key]*list.Element{}} }

// get returns a value and whether it is still fresh at now. Stale ones may serve to ask whether they are still right.
func (c *cache[V]) get(k key, now time.Time) (v V, there, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.by[k]
	if e == nil {
		return v, false, false
	}
	c.order.MoveToFront(e)
	one := e.Value.(*cached[V])
	return one.value, true, now.Before(one.ends)
}

func (c *cache[V]) put(k key, v V, cost int, ends time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(c.by[k])
	c.by[k] = c.order.PushFront(&cached[V]{k, v, cost, ends})
	c.room -= cost
	for c.room < 0 {
		c.remove(c.order.Back())
	}
}

// drop removes all that is of a calendar.
func (c *cache[V]) drop(calendar string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, e := range c.by {
		if k.calendar == calendar {
			c.remove(e)
		}
	}
}

func (c *cache[V]) remove(e *list.Element) {
	if e == nil {
		return
	}
	one := c.order.Remove(e).(*cached[V])
	delete(c.by, one.key)
	c.room += one.cost
}
