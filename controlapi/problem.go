package controlapi

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/access"
	"switchyard/internal/db"
	"switchyard/internal/eventlog"
	"switchyard/services/accounts"
	"switchyard/services/calendars"
	"switchyard/services/meetings"
	"switchyard/services/webhooks"
)

// Problem is every error of the API, RFC 9457.
type Problem struct {
	Type   string   `json:"type" format:"uri-reference" doc:"A reference to what the code means."`
	Title  string   `json:"title" doc:"The HTTP status in words."`
	Status int      `json:"status" doc:"The HTTP status."`
	Code   string   `json:"code" enum:"invalid,unauthenticated,reauthenticate,forbidden,not_found,conflict,version,version_needed,gone,too_large,unsupported,busy,unavailable,internal,second_factor,wrong,method,not_acceptable" doc:"What programs tell problems apart by."`
	Detail string   `json:"detail" doc:"One sentence for people."`
	Errors []Detail `json:"errors,omitempty" doc:"What is wrong with which field."`

	retry time.Duration
}

// Detail is what is wrong with one field.
type Detail struct {
	Location string `json:"location,omitempty" doc:"Where: body.field, query.name, path.name, header.name."`
	Message  string `json:"message" doc:"What is allowed."`
	Value    any    `json:"value,omitempty" doc:"The value that was given; never a secret."`
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is for huma.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", fmt.Sprint(int64((p.retry+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="switchyard"`)
	}
	return h
}

// codes name the statuses that have only one meaning here.
var codes = map[int]string{
	http.StatusBadRequest: "invalid", http.StatusUnauthorized: "unauthenticated", http.StatusForbidden: "forbidden",
	http.StatusNotFound: "not_found", http.StatusMethodNotAllowed: "method", http.StatusNotAcceptable: "not_acceptable", http.StatusConflict: "conflict", http.StatusGone: "gone",
	http.StatusPreconditionFailed: "version", http.StatusPreconditionRequired: "version_needed",
	http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "unsupported", http.StatusUnprocessableEntity: "invalid",
	http.StatusTooManyRequests: "busy", http.StatusServiceUnavailable: "unavailable",
}

func problem(status int, code, detail string) *Problem {
	if code == "" {
		if code = codes[status]; code == "" {
			code = "internal"
			if status < 500 {
				code = "invalid"
			}
		}
	}
	return &Problem{Type: "/docs#problem-" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// secrets are fields whose values are never repeated.
var secrets = regexp.MustCompile(`(?i)password|secret|code|token|passcode|key|proof`)

// newProblem is how huma makes errors: of requests that do not fit the schema.
func newProblem(status int, message string, faults ...error) huma.StatusError {
	p := problem(status, "", message)
	for _, fault := range faults {
		var d *huma.ErrorDetail
		if !errors.As(fault, &d) {
			p.Errors = append(p.Errors, Detail{Message: fault.Error()})
			continue
		}
		p.Errors = append(p.Errors, Detail{Location: d.Location, Message: d.Message, Value: shown(d.Location, d.Value)})
	}
	return p
}

// shown is the value of a field as far as it may be repeated: short scalars that are no secret.
func shown(location string, value any) any {
	if secrets.MatchString(location) {
		return nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		if s := v.String(); len(s) <= 64 {
			return s
		}
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return value
	}
	return nil
}

// fieldFault is what services call wrong fields by.
type fieldFault struct{ field, value, reason string }

// asProblem is the one table from the errors of services to problems.
func asProblem(err error) *Problem {
	var (
		p         *Problem
		field     *accounts.FieldError
		wait      *accounts.WaitError
		inMeeting *meetings.FieldError
		guessed   *meetings.WaitError
		refusal   *meetings.Refusal
		hook      *webhooks.FieldError
		calendar  *calendars.FieldError
		connect   *calendars.ConnectError
		forgotten *eventlog.ForgottenError
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &field):
		return invalidField(fieldFault{field.Field, field.Value, field.Reason})
	case errors.As(err, &wait):
		return later(http.StatusTooManyRequests, err.Error(), wait.Retry)
	case errors.As(err, &inMeeting):
		return invalidField(fieldFault{inMeeting.Field, inMeeting.Value, inMeeting.Reason})
	case errors.As(err, &hook):
		return invalidField(fieldFault{hook.Field, hook.Value, hook.Reason})
	case errors.As(err, &calendar):
		return invalidField(fieldFault{calendar.Field, calendar.Value, calendar.Reason})
	case errors.As(err, &connect):
		p := problem(http.StatusConflict, "", connect.Text)
		p.Errors = []Detail{{Location: "body.url", Message: string(connect.Problem)}}
		return p
	case errors.Is(err, calendars.ErrTooMany):
		p := problem(http.StatusConflict, "", err.Error())
		p.Errors = []Detail{{Location: "body", Message: "limit"}}
		return p
	case errors.Is(err, webhooks.ErrTooMany):
		return invalid("body", "", err.Error())
	case errors.Is(err, webhooks.ErrForgotten):
		return problem(http.StatusGone, "", err.Error())
	case errors.As(err, &guessed):
		return later(http.StatusTooManyRequests, err.Error(), guessed.Retry)
	case errors.As(err, &refusal):
		return later(http.StatusForbidden, refusal.Reason, refusal.Retry)
	case errors.As(err, &forgotten):
		p := problem(http.StatusGone, "", err.Error()+": start from a list")
		p.Errors = []Detail{{Location: "query.after", Message: "the oldest event that is there", Value: forgotten.Oldest}}
		return p
	case errors.Is(err, eventlog.ErrAhead):
		return invalid("query.after", "", err.Error())
	case errors.Is(err, access.ErrUnauthenticated):
		return problem(http.StatusUnauthorized, "", "sign in first")
	case errors.Is(err, access.ErrStale):
		return problem(http.StatusUnauthorized, "reauthenticate", "prove again who you are: POST /api/v1/auth/reauthenticate")
	case errors.Is(err, access.ErrNotFound):
		return problem(http.StatusNotFound, "", err.Error())
	case errors.Is(err, access.ErrForbidden):
		return problem(http.StatusForbidden, "", err.Error())
	case errors.Is(err, meetings.ErrPasscode):
		return problem(http.StatusForbidden, "wrong", err.Error())
	case errors.Is(err, meetings.ErrLink):
		return problem(http.StatusGone, "", err.Error())
	case errors.Is(err, meetings.ErrNotRunning):
		return problem(http.StatusConflict, "", err.Error())
	case errors.Is(err, accounts.ErrVersion), errors.Is(err, meetings.ErrVersion), errors.Is(err, webhooks.ErrVersion):
		return problem(http.StatusPreconditionFailed, "", err.Error())
	case errors.Is(err, accounts.ErrWrong), errors.Is(err, accounts.ErrWrongCode):
		return problem(http.StatusUnauthorized, "wrong", err.Error())
	case errors.Is(err, accounts.ErrSecondFactor):
		return problem(http.StatusUnauthorized, "second_factor", err.Error())
	case errors.Is(err, accounts.ErrLink), errors.Is(err, accounts.ErrSSOState):
		return problem(http.StatusGone, "", err.Error())
	case errors.Is(err, accounts.ErrUseSSO), errors.Is(err, accounts.ErrSSOAccount), errors.Is(err, accounts.ErrState), errors.Is(err, accounts.ErrTermsChanged):
		return problem(http.StatusConflict, "", err.Error())
	case errors.Is(err, accounts.ErrNoSSO), errors.Is(err, accounts.ErrNoAccount), errors.Is(err, accounts.ErrSSOFailed):
		return problem(http.StatusForbidden, "", err.Error())
	case errors.Is(err, accounts.ErrBusy):
		return later(http.StatusServiceUnavailable, err.Error(), 2*time.Second)
	case errors.Is(err, db.ErrUnavailable):
		return later(http.StatusServiceUnavailable, "the database is not available; calls go on", 5*time.Second)
	}
	return nil
}

func later(status int, detail string, retry time.Duration) *Problem {
	p := problem(status, "", detail)
	p.retry = retry
	return p
}

func invalidField(f fieldFault) *Problem {
	p := problem(http.StatusUnprocessableEntity, "", f.field+" "+f.reason)
	p.Errors = []Detail{{Location: "body." + f.field, Message: f.reason, Value: shown(f.field, f.value)}}
	return p
}

func invalid(location, value, reason string) *Problem {
	p := problem(http.StatusUnprocessableEntity, "", location+" "+reason)
	p.Errors = []Detail{{Location: location, Message: reason, Value: shown(location, value)}}
	return p
}
