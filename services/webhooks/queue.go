package webhooks

import (
	"container/heap"
	"slices"
	"time"

	"switchyard/internal/eventlog"
)

// item is one event that waits to be delivered.
type item struct {
	seq     int64
	id      string // of the event
	what    string // its type
	at      time.Time
	event   *eventlog.Event // nil: it is read again when it is sent
	line    *line
	since   time.Time // when it began to wait
	failed  time.Time // when it first failed; zero: it has not
	tries   int64
	due     time.Time // when it is sent again; zero: at once
	problem string    // of the last try
	stored  bool      // it has a row
}

// line is what waits of one subject, in the order of seq. Only the first is sent.
type line struct {
	subject string
	items   []*item
	busy    bool // the first is being sent
}

func (l *line) head() *item { return l.items[0] }

// queue is what waits for one endpoint: subjects go side by side, the events of each one after the other. It knows
// neither clock nor network; one goroutine uses it.
type queue struct {
	lines   map[string]*line
	ready   lineHeap // lines that are not busy, the one that is due first
	pending int      // items
	sending int      // busy lines
	failing int      // lines whose first item has failed
}

func newQueue() *queue { return &queue{lines: map[string]*line{}} }

// add puts an item behind those of its subject. Items come in the order of seq.
func (q *queue) add(subject string, it *item) {
	q.pending++
	l := q.lines[subject]
	if l == nil {
		l = &line{subject: subject}
		q.lines[subject] = l
	}
	it.line = l
	l.items = append(l.items, it)
	if len(l.items) == 1 {
		q.wait(l)
	}
}

func (q *queue) wait(l *line) {
	if !l.head().failed.IsZero() {
		q.failing++
	}
	heap.Push(&q.ready, l)
}

// next takes the item that has waited longest of those that are due at now; nil if none is. done or failed ends it.
func (q *queue) next(now time.Time) *item {
	if len(q.ready) == 0 || q.ready[0].head().due.After(now) {
		return nil
	}
	l := heap.Pop(&q.ready).(*line)
	if !l.head().failed.IsZero() {
		q.failing--
	}
	l.busy = true
	q.sending++
	return l.head()
}

// due is when next has an item; the zero time if nothing waits but for what is being sent.
func (q *queue) due() (time.Time, bool) {
	if len(q.ready) == 0 {
		return time.Time{}, false
	}
	return q.ready[0].head().due, true
}

// done takes an item that next gave out of the queue.
func (q *queue) done(it *item) {
	l := it.line
	l.busy = false
	q.sending--
	q.pending--
	l.items = slices.Delete(l.items, 0, 1)
	if len(l.items) == 0 {
		delete(q.lines, l.subject)
		return
	}
	q.wait(l)
}

// again puts an item that next gave back to the head of its line; its due says until when that waits.
func (q *queue) again(it *item) {
	it.line.busy = false
	q.sending--
	q.wait(it.line)
}

// flowing is how many subjects have something to send that has not failed.
func (q *queue) flowing() int { return len(q.lines) - q.failing }

// lineHeap orders lines by when they are due, then by age.
type lineHeap []*line

func (h lineHeap) Len() int { return len(h) }
func (h lineHeap) Less(i, j int) bool {
	a, b := h[i].head(), h[j].head()
	if a.due.Equal(b.due) {
		return a.seq < b.seq
	}
	return a.due.Before(b.due)
}
func (h lineHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *lineHeap) Push(x any)   { *h = append(*h, x.(*line)) }
func (h *lineHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
