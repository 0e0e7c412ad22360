package controlapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	heartbeat    = 15 * time.Second
	streamWrite  = 10 * time.Second // a client that takes longer to take something is let go
	maxListeners = 20               // streams of one principal
	liveQueue    = 256              // ephemeral messages that wait for one client; more are dropped
)

// Event is an event as clients get it.
type Event struct {
	Seq     int64           `json:"seq" doc:"1, 2, 3 …; numbers that are missing are events that the caller may not see."`
	ID      string          `json:"id" doc:"The same whenever the event is delivered."`
	Type    string          `json:"type"`
	At      time.Time       `json:"at"`
	Subject string          `json:"subject" doc:"kind:id of what it is about."`
	Actor   string          `json:"actor,omitempty" doc:"kind:id of who did it."`
	Late    bool            `json:"late,omitempty" doc:"It was written down long after it happened."`
	Data    json.RawMessage `json:"data" doc:"What the subject is like now."`
}

// EventOf is an event of the log as clients get it.
func EventOf(e *eventlog.Event) Event {
	return Event{e.Seq, e.ID, e.Type, e.At, e.Subject, e.Actor, e.Late, e.Body}
}

func (a *API) eventRoutes() {
	register(a, op{id: "list-events", method: http.MethodGet, path: "/events/page", tag: "events", need: access.EventsRead, summary: "A part of the event log",
		detail: "For who cannot keep a connection open. Streams are at /api/v1/events.", errors: []int{http.StatusGone}}, a.eventPage)
	a.mux.HandleFunc("GET "+base+"/events", a.serveEvents)
	a.needs["stream-events"] = string(access.EventsRead)
	text := func(s string) *huma.Schema { return &huma.Schema{Type: "string", Description: s} }
	parameter := func(in, name, about string, schema *huma.Schema) *huma.Param {
		return &huma.Param{In: in, Name: name, Description: about, Schema: schema}
	}
	zero := 0.0
	responses := map[string]*huma.Response{
		"200": {Description: "Server-sent events: id is the seq, event the type, data the event as JSON. A heartbeat event tells the newest seq every 15 s.",
			Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text("events")}}},
		"101": {Description: "A WebSocket on which each message is one event as JSON."},
	}
	for _, status := range []int{400, 401, 403, 410, 422, 429, 500, 503} {
		responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}}
	}
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-events", Method: http.MethodGet, Path: base + "/events", Tags: []string{"events"}, Summary: "The event stream",
		Description: "All events after a number and then those to come, as server-sent events or, with a WebSocket handshake, over a WebSocket. List first, then stream after the seq of the list: nothing is missed and nothing comes twice.",
		Parameters: []*huma.Param{
			parameter("query", "after", "The seq after which to begin; Last-Event-ID does the same. Without it: what is to come.", &huma.Schema{Type: "integer", Format: "int64", Minimum: &zero}),
			parameter("query", "types", "Only types that begin with one of these, separated by commas.", &huma.Schema{Type: "string", MaxLength: new(1000)}),
			parameter("query", "live", "1: also what is only of the moment in meetings (who knocks, hands, mutes, who speaks, reactions); it has no seq.", &huma.Schema{Type: "string", Enum: []any{"0", "1"}}),
		},
		Responses:  responses,
		Security:   []map[string][]string{{"session": {}}, {"key": {}}},
		Extensions: map[string]any{"x-access": string(access.EventsRead)},
	})
}

// watcher decides what one caller sees.
type watcher struct {
	c     *caller
	all   bool
	types []string
	again func() (*caller, error) // finds out anew who the caller is
}

func (a *API) watcher(c *caller, types string) (*watcher, error) {
	target := access.Target{Tenant: c.Tenant}
	if err := access.Allow(c.Principal, access.EventsRead, target, a.now()); err != nil {
		return nil, err
	}
	w := &watcher{c: c, all: access.Allow(c.Principal, access.EventsReadAll, target, a.now()) == nil}
	if types != "" {
		w.types = strings.Split(types, ",")
	}
	return w, nil
}

// wants reports whether the caller asked for a type.
func (w *watcher) wants(kind string) bool {
	return len(w.types) == 0 || slices.ContainsFunc(w.types, func(t string) bool { return strings.HasPrefix(kind, t) })
}

func (w *watcher) sees(e *eventlog.Event) bool {
	if !w.wants(e.Type) {
		return false
	}
	return w.all || e.Audience.Everybody || w.c.Kind == access.User && slices.Contains(e.Audience.Users, w.c.ID)
}

// concerns reports whether what the caller was let in by may have ended or changed with an event.
func (w *watcher) concerns(e *eventlog.Event) bool {
	switch e.Type {
	case "session.revoked":
		return w.c.Session != "" && e.Subject == "session:"+w.c.Session
	case "apikey.revoked":
		return w.c.Kind == access.Service && e.Subject == "apikey:"+w.c.ID
	case "tenant.updated":
		return true
	case "user.deleted", "user.updated":
		return w.c.Kind == access.User && e.Subject == "user:"+w.c.ID || w.madeBy(e.Subject)
	}
	return false
}

// stillSees returns an error unless the caller would be given the same stream now.
func (a *API) stillSees(w *watcher) error {
	c, err := w.again()
	if err != nil {
		return err
	}
	now, err := a.watcher(c, "")
	if err == nil && now.all != w.all {
		err = access.ErrUnauthenticated
	}
	return err
}

// streamProblem is why a stream ends whose caller is not, or not known to be, who it was.
func (a *API) streamProblem(err error) *Problem {
	if errors.Is(err, db.ErrUnavailable) {
		return asProblem(err)
	}
	return problem(http.StatusUnauthorized, "", "the session has ended or changed")
}

// madeBy reports whether a subject is the user on whose role the caller's key depends.
func (w *watcher) madeBy(subject string) bool {
	return w.c.Kind == access.Service && subject == "user:"+w.c.MadeBy
}

type eventList struct {
	Items  []Event `json:"items"`
	Seq    int64   `json:"seq" doc:"Where this page ends: after of the next one."`
	Newest int64   `json:"newest" doc:"How far the log has come."`
}

func (a *API) eventPage(ctx context.Context, c *caller, in *struct {
	After int64  `query:"after" minimum:"0" required:"true"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Types string `query:"types" maxLength:"1000"`
}) (*only[eventList], error) {
	w, err := a.watcher(c, in.Types)
	if err != nil {
		return nil, err
	}
	out := &only[eventList]{eventList{Items: []Event{}}}
	err = a.deps.DB.Read(ctx, func(q db.Querier) error {
		events, head, err := eventlog.ReadAfter(ctx, q, c.Tenant, in.After, in.Limit)
		out.Body.Seq, out.Body.Newest = in.After, head.Seq
		for i := range events {
			out.Body.Seq = events[i].Seq
			if w.sees(&events[i]) {
				out.Body.Items = append(out.Body.Items, EventOf(&events[i]))
			}
		}
		return err
	})
	return out, err
}

// outlet is a client of a stream: server-sent events or a WebSocket.
type outlet interface {
	event(ctx context.Context, e Event) error
	live(ctx context.Context, kind string, body json.RawMessage) error
	heartbeat(ctx context.Context, seq int64) error
	// flush sends what was written before.
	flush() error
	// end tells why the stream ends, if there is something to tell.
	end(p *Problem)
}

func (a *API) serveEvents(w http.ResponseWriter, r *http.Request) {
	c := callerOf(r.Context())
	refuse := func(err error) {
		var p *Problem
		if errors.As(a.told(r.Context(), "stream-events", err), &p) {
			writeProblem(w, p)
		}
	}
	query := r.URL.Query()
	watch, err := a.watcher(c, query.Get("types"))
	if err != nil {
		refuse(err)
		return
	}
	after, err := a.startOf(r, c)
	if err != nil {
		refuse(err)
		return
	}
	leave, ok := a.listeners.enter(c.Actor())
	if !ok {
		refuse(later(http.StatusTooManyRequests, fmt.Sprintf("%d event streams are open already", maxListeners), time.Minute))
		return
	}
	defer leave()
	a.metrics.listeners.Inc()
	defer a.metrics.listeners.Dec()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	watch.again = func() (*caller, error) { return a.identify(r) }
	out, err := a.openOutlet(w, r, cancel)
	if err != nil {
		refuse(err)
		return
	}
	a.stream(ctx, out, watch, after, query.Get("live") == "1")
}

// startOf is the seq after which a client wants the events, checked while a problem can still be told.
func (a *API) startOf(r *http.Request, c *caller) (int64, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		text = r.Header.Get("Last-Event-ID")
	}
	var head eventlog.Head
	err := a.deps.DB.Read(r.Context(), func(q db.Querier) (err error) {
		head, err = eventlog.ReadHead(r.Context(), q, c.Tenant)
		return err
	})
	if err != nil || text == "" {
		return head.Seq, err
	}
	after, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || after < 0:
		return 0, invalid("query.after", text, "is not a number of an event")
	case after > head.Seq:
		return 0, eventlog.ErrAhead
	case after < head.Forgotten:
		return 0, &eventlog.ForgottenError{Oldest: head.Forgotten + 1}
	}
	return after, nil
}

// stream feeds one client until it goes, may not listen any more or is too slow.
func (a *API) stream(ctx context.Context, out outlet, w *watcher, after int64, live bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listener := a.deps.Events.Listen(w.c.Tenant, after)
	defer listener.Close()
	type batch struct {
		events []*eventlog.Event
		err    error
	}
	batches := make(chan batch)
	go func() { // ends with ctx
		for {
			events, err := listener.Next(ctx)
			if errors.Is(err, db.ErrUnavailable) { // the stream stays; the database may come back
				select {
				case <-time.After(time.Second):
					continue
				case <-ctx.Done():
				}
			}
			select {
			case batches <- batch{events, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	seq := after
	// end tells how far the log was dealt with, too, so that who comes again does not begin at what has ended the stream.
	end := func(p *Problem) {
		_ = out.heartbeat(ctx, seq) // it ends either way
		out.end(p)
	}
	var moments chan moment
	if live {
		moments = make(chan moment, liveQueue)
		stop, err := a.listenLive(w.c.Tenant, moments)
		if err != nil {
			end(problem(http.StatusServiceUnavailable, "", "what is of the moment can't be had now"))
			return
		}
		defer stop()
	}
	// What took the caller's rights between its being identified and the seq that the stream begins at.
	if err := a.stillSees(w); err != nil {
		end(a.streamProblem(err))
		return
	}
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	if out.heartbeat(ctx, seq) != nil || out.flush() != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.closing:
			end(problem(http.StatusServiceUnavailable, "", "the server ends; come again"))
			return
		case b := <-batches:
			if b.err != nil {
				end(asProblem(b.err))
				return
			}
			asked := false // once is enough for all that had happened by then
			for _, e := range b.events {
				seq = e.Seq
				if w.sees(e) && out.event(ctx, EventOf(e)) != nil {
					return
				}
				if asked || !w.concerns(e) {
					continue
				}
				asked = true
				if err := a.stillSees(w); err != nil {
					end(a.streamProblem(err))
					return
				}
			}
		case m := <-moments:
			if w.seesLive(m) && out.live(ctx, m.Kind, m.Data) != nil {
				return
			}
		case <-ticker.C:
			if out.heartbeat(ctx, seq) != nil {
				return
			}
		}
		if out.flush() != nil {
			return
		}
	}
}
