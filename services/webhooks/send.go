package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"switchyard/internal/db"
	"switchyard/internal/eventlog"
)

const (
	answerLimit = 10 * time.Second // from the connection to the end of the answer
	maxAnswer   = 64 << 10         // bytes of an answer that are read, so that the connection can be used again
	maxProblem  = 200              // bytes of the description of a failure
)

// result is how an attempt ended.
type result int

const (
	delivered   result = iota
	refused            // another status than 2xx and 410
	gone               // 410: nobody wants events there any more
	timedOut           // no answer in time
	unreachable        // no connection, or not an allowed address, or no HTTP
	forgotten          // the log does not keep the event any more
	postponed          // the database did not give the event
	interrupted        // by the end of the courier
	resultCount
)

func (r result) String() string {
	return [...]string{"delivered", "refused", "gone", "timeout", "unreachable", "forgotten", "postponed", "interrupted"}[r]
}

// outcome is the result of an attempt with what people are told of it.
type outcome struct {
	item    *item
	result  result
	problem string
	status  int // of the answer, 0 for none
	took    time.Duration
}

// payload is the body of a delivery.
type payload struct {
	ID      string          `json:"id"`
	Seq     int64           `json:"seq"`
	Type    string          `json:"type"`
	At      time.Time       `json:"at"`
	Subject string          `json:"subject"`
	Actor   string          `json:"actor,omitempty"`
	Late    bool            `json:"late,omitempty"`
	Data    json.RawMessage `json:"data"`
}

// deliver sends an event once, reading it from the log if e is nil.
func (s *Service) deliver(ctx context.Context, r *endpointRow, keys secrets, seq int64, e *eventlog.Event) (o outcome) {
	defer func() { s.metrics.deliveries.WithLabelValues(o.result.String()).Inc() }()
	if e == nil {
		var err error
		e, err = s.eventAt(ctx, r.tenant, seq)
		var lost *eventlog.ForgottenError
		switch {
		case ctx.Err() != nil:
			return outcome{result: interrupted}
		case errors.As(err, &lost):
			return outcome{result: forgotten, problem: ErrForgotten.Error()}
		case err != nil:
			return outcome{result: postponed, problem: "the event could not be read"}
		}
	}
	body, err := json.Marshal(payload{e.ID, e.Seq, e.Type, e.At.UTC(), e.Subject, e.Actor, e.Late, e.Body})
	if err != nil {
		return outcome{result: unreachable, problem: "the event is not JSON"}
	}
	return s.post(ctx, r.URL, e.ID, body, keys)
}

func (s *Service) eventAt(ctx context.Context, tenant string, seq int64) (*eventlog.Event, error) {
	var events []eventlog.Event
	err := s.deps.DB.Read(ctx, func(q db.Querier) (err error) {
		events, _, err = eventlog.ReadAfter(ctx, q, tenant, seq-1, 1)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(events) == 0 || events[0].Seq != seq:
		return nil, &eventlog.ForgottenError{Oldest: seq + 1}
	}
	return &events[0], nil
}

// post makes one signed request and judges the answer.
func (s *Service) post(ctx context.Context, address, event string, body []byte, keys secrets) (o outcome) {
	started := time.Now()
	defer func() { o.took = time.Since(started) }()
	limited, cancel := context.WithTimeoutCause(ctx, s.limit, errNoAnswer)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return outcome{result: unreachable, problem: "the address can't be used"}
	}
	now := s.now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Switchyard-Webhooks/1")
	request.Header.Set(HeaderSignature, Sign(now, body, keys.valid(now)...))
	request.Header.Set(HeaderEventID, event)
	request.Header.Set(HeaderDelivery, newID())
	answer, err := s.client.Do(request)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return outcome{result: interrupted}
	case errors.Is(context.Cause(limited), errNoAnswer):
		return outcome{result: timedOut, problem: errNoAnswer.Error()}
	default:
		return outcome{result: unreachable, problem: plain(err)}
	}
	defer answer.Body.Close()
	// What it says beside the status is nobody's business.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return outcome{result: delivered, status: status}
	case status == http.StatusGone:
		return outcome{result: gone, status: status, problem: "410 Gone"}
	case status >= 300 && status < 400:
		return outcome{result: refused, status: status, problem: fmt.Sprintf("%d: redirects are not followed", status)}
	default:
		return outcome{result: refused, status: status, problem: fmt.Sprintf("%d %s", status, http.StatusText(status))}
	}
}

var errNoAnswer = fmt.Errorf("no answer within %v", answerLimit)

// plain is the text of an error without the address, which may hold what not everybody who sees the error should.
func plain(err error) string {
	var about *url.Error
	if errors.As(err, &about) {
		err = about.Err
	}
	text := err.Error()
	if len(text) > maxProblem {
		text = text[:maxProblem] + "…"
	}
	return text
}
