package controlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/services/meetings"
)

// mirror is a consumer that keeps a copy of what the API lists, by lists and the event stream alone, and is killed
// and started again all the time. What it has dealt with is stored together with its seq, as a program would in its own database.
type mirror struct {
	seq      int64
	meetings map[string]string // id: what is known of it
	presence map[string]string // instance and identity: when it joined, and left
}

func (m *mirror) clone() *mirror {
	return &mirror{m.seq, maps.Clone(m.meetings), maps.Clone(m.presence)}
}

// told is what a mirror keeps of a meeting, as both the log and a list tell it.
type told struct {
	ID       string `json:"id"`
	Version  int64  `json:"version"`
	Subject  string `json:"subject"`
	Start    string `json:"start_local"`
	Duration int    `json:"duration"`
}

func (m told) String() string { return fmt.Sprint(m.Version, m.Subject, m.Start, m.Duration) }

func (m *mirror) take(t *testing.T, e streamed) {
	t.Helper()
	read := func(into any) {
		if err := json.Unmarshal(e.Data, into); err != nil {
			t.Errorf("%s: %v: %s", e.Type, err, e.Data)
		}
	}
	switch e.Type {
	case "meeting.created", "meeting.updated":
		var one told
		read(&one)
		m.meetings[one.ID] = one.String()
	case "meeting.cancelled":
		var one told
		read(&one)
		delete(m.meetings, one.ID)
	case "participant.joined", "participant.left":
		var one struct {
			Instance, Identity string
			Joined             time.Time
			Left               *time.Time
		}
		read(&one)
		m.presence[one.Instance+one.Identity+one.Joined.String()] = fmt.Sprint(one.Left != nil)
	}
	if e.Seq <= m.seq {
		t.Errorf("seq %d comes after %d", e.Seq, m.seq)
	}
	m.seq = e.Seq
}

// churn is how long the churn of TestAConsumerThatDiesEndsEqual lasts.
func churn(t *testing.T) time.Duration {
	text := os.Getenv("SWITCHYARD_CHURN")
	if text == "" {
		return 8 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAConsumerThatDiesEndsEqual: joins, meetings and edits go on while a consumer is killed at random moments and starts
// again from what it had stored. In the end it has what the server has.
func TestAConsumerThatDiesEndsEqual(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithTimeout(t.Context(), churn(t))
		defer cancel()
		users := []*client{r.admin}
		for i := range 4 {
			users = append(users, r.user(t, fmt.Sprintf("User%d", i), access.RoleUser))
		}
		var doing sync.WaitGroup
		var mu sync.Mutex
		joins, edits := 0, 0
		for i, u := range users {
			doing.Go(func() {
				j, e := r.busy(ctx, t, u, rand.New(rand.NewPCG(uint64(i), 7)))
				mu.Lock()
				joins, edits = joins+j, edits+e
				mu.Unlock()
			})
		}
		kept := &mirror{meetings: map[string]string{}, presence: map[string]string{}}
		random := rand.New(rand.NewPCG(1, 9))
		deaths := 0
		for ctx.Err() == nil {
			kept = r.consume(t, kept, time.Duration(random.IntN(300))*time.Millisecond)
			deaths++
		}
		doing.Wait()
		r.settled(t)
		var list struct{ Seq int64 }
		r.admin.must(http.StatusOK, "GET", "/departments", "", &list)
		for deadline := time.Now().Add(30 * time.Second); kept.seq < list.Seq && time.Now().Before(deadline); {
			kept = r.consume(t, kept, 300*time.Millisecond)
		}
		t.Logf("%d joins and leaves, %d meetings and edits, %d events, consumer killed %d times", joins, edits, list.Seq, deaths)
		r.compare(t, kept)
	})
}

// consume runs a consumer from what was stored until it is killed, in the middle of whatever it does: what it has not stored is
// lost with it.
func (r *rig) consume(t *testing.T, stored *mirror, life time.Duration) *mirror {
	t.Helper()
	r.api.limits.forget()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	dead := time.After(life)
	stream := r.admin.listenUntil(ctx, fmt.Sprintf("?after=%d", stored.seq))
	at := stored.clone()
	n := 0
	for {
		select {
		case e, open := <-stream:
			if !open {
				return stored
			}
			if e.kind == "heartbeat" || e.kind == "end" {
				continue
			}
			at.take(t, e)
			if n++; n%3 == 0 { // it stores some at a time
				stored = at.clone()
			}
		case <-dead:
			if n < 3 && n > 0 {
				return at
			}
			return stored
		}
	}
}

// busy makes, changes and cancels meetings, and joins and leaves them, until ctx ends.
func (r *rig) busy(ctx context.Context, t *testing.T, c *client, random *rand.Rand) (joins, edits int) {
	var own []meetings.Meeting
	for ctx.Err() == nil {
		time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond) // not more than the database can write: what is beyond that is dropped
		r.api.limits.forget()
		switch k := random.IntN(10); {
		case k < 3 || len(own) == 0:
			var m meetings.Meeting
			c.must(http.StatusCreated, "POST", "/meetings", fmt.Sprintf(`{"kind":"scheduled","subject":"S%d","start_local":"2030-03-25T09:00","zone":"Europe/Amsterdam","duration":30}`, random.Int()), &m)
			own = append(own, m)
			edits++
		case k < 6:
			m := &own[random.IntN(len(own))]
			c.must(http.StatusOK, "PATCH", "/meetings/"+m.ID, fmt.Sprintf(`{"subject":"T%d","duration":%d}`, random.Int(), 15+random.IntN(60)), m, "If-Match", "*")
			edits++
		case k < 7:
			i := random.IntN(len(own))
			c.must(http.StatusNoContent, "DELETE", "/meetings/"+own[i].ID, "", nil, "If-Match", "*")
			own = slices.Delete(own, i, i+1)
			edits++
		default:
			m := own[random.IntN(len(own))]
			room, who := meetings.RoomKey(m.ID), meetings.Participant{Identity: "user-" + c.user.ID, Name: "U", Kind: "browser"}
			if _, err := r.meetings.Admit(ctx, meetings.Entrant{RoomKey: room, Identity: who.Identity, Name: who.Name, Kind: who.Kind}, func(meetings.Wait) {}); err != nil {
				continue // the time is over
			}
			r.meetings.Joined(room, who, time.Now())
			if random.IntN(3) > 0 {
				r.meetings.Left(room, who.Identity, time.Now())
			}
			r.meetings.RoomClosed(room, time.Now())
			joins++
		}
	}
	return joins, edits
}

// settled waits until what happened in rooms is written down.
func (r *rig) settled(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := r.backlog.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// compare holds a mirror against what the server lists.
func (r *rig) compare(t *testing.T, m *mirror) {
	t.Helper()
	want := map[string]string{}
	presence := 0
	cursor := ""
	for {
		r.api.limits.forget()
		var page struct {
			Items []meetings.Summary
			Next  string
		}
		r.admin.must(http.StatusOK, "GET", "/meetings?all=true&limit=200&cursor="+cursor, "", &page)
		for _, s := range page.Items {
			var whole told
			r.api.limits.forget()
			r.admin.must(http.StatusOK, "GET", "/meetings/"+s.ID, "", &whole)
			want[whole.ID] = whole.String()
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !maps.Equal(want, m.meetings) {
		t.Errorf("the consumer has %d meetings, the server %d, or they differ", len(m.meetings), len(want))
		for id, w := range want {
			if m.meetings[id] != w {
				t.Errorf("meeting %s: %q, want %q", id, m.meetings[id], w)
			}
		}
	}
	open := 0
	for _, left := range m.presence {
		presence++
		if left != "true" {
			open++
		}
	}
	if open > 0 {
		t.Errorf("of %d presences %d have no end, though all rooms are closed", presence, open)
	}
}
