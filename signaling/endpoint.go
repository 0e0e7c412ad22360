package signaling

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling/protocol"
)

// door is one of the two HTTP protocols.
type door struct {
	name  string // in the path; also the participant's kind
	role  rtc.Role
	needs sfu.Grants
}

var (
	whip = door{"whip", rtc.Publisher, sfu.MayPublish}
	whep = door{"whep", rtc.Viewer, sfu.MaySubscribe}
)

const (
	maxBody      = 256 << 10 // bytes of an offer or a fragment
	bodyTimeout  = 15 * time.Second
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag"
)

// handler serves one path of a door. It returns what is wrong, if anything.
type handler func(d door, w http.ResponseWriter, r *http.Request) error

// endpoint wraps what all WHIP and WHEP paths have in common: access from pages
// of any origin (bearer tokens, no cookies), a recover, errors as problems.
func (srv *Server) endpoint(d door, serve handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, ETag, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, Link")
		counted := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() { srv.metrics.answered(d, r.Method, counted.status) }()
		defer func() {
			if fault := recover(); fault != nil {
				srv.metrics.panics.Inc()
				srv.log.Error("recovered from a fault", "where", d.name, "fault", fmt.Sprint(fault))
				problem(counted, http.StatusInternalServerError, "something went wrong in the server")
			}
		}()
		if err := serve(d, counted, r); err != nil {
			srv.refuse(counted, err)
		}
	})
}

// httpError is an error with the status that tells it.
type httpError struct {
	status int
	detail string
	retry  time.Duration
}

func (e *httpError) Error() string { return fmt.Sprintf("%d: %s", e.status, e.detail) }

func statusError(status int, format string, args ...any) error {
	return &httpError{status: status, detail: fmt.Sprintf(format, args...)}
}

var errManyMedia = errors.New("this identity has as many WHIP and WHEP sessions in the room as it may")

// refuse is the one table from errors to statuses.
func (srv *Server) refuse(w http.ResponseWriter, err error) {
	var (
		told    *httpError
		refusal *Refusal
		offer   *rtc.OfferError
		field   *sfu.FieldError
	)
	switch {
	case errors.As(err, &told):
		if told.retry > 0 {
			setRetryAfter(w, told.retry)
		}
		problem(w, told.status, told.detail)
	case errors.Is(err, access.ErrNoToken):
		w.Header().Set("WWW-Authenticate", `Bearer realm="switchyard"`)
		problem(w, http.StatusUnauthorized, err.Error())
	case errors.Is(err, access.ErrInvalid), errors.Is(err, access.ErrExpired), errors.Is(err, access.ErrEarly):
		w.Header().Set("WWW-Authenticate", `Bearer realm="switchyard", error="invalid_token"`)
		problem(w, http.StatusUnauthorized, err.Error())
	case errors.As(err, &refusal):
		if refusal.Retry > 0 {
			setRetryAfter(w, refusal.Retry)
		}
		problemOf(w, http.StatusForbidden, refusal.Reason, refusal.Code)
	case errors.As(err, &offer) && offer.Field == "sdp":
		problem(w, http.StatusBadRequest, offer.Reason)
	case errors.As(err, &offer):
		problem(w, http.StatusUnprocessableEntity, offer.Field+": "+offer.Reason)
	case errors.As(err, &field):
		problem(w, http.StatusUnprocessableEntity, field.Error())
	case errors.Is(err, sfu.ErrLocked):
		setRetryAfter(w, retryWhenFull)
		problemOf(w, http.StatusConflict, "the room is locked: nobody new gets in", protocol.Locked)
	case errors.Is(err, sfu.ErrForbidden):
		problem(w, http.StatusForbidden, err.Error())
	case errors.Is(err, errManyMedia):
		setRetryAfter(w, retryWhenFull)
		problem(w, http.StatusTooManyRequests, err.Error())
	case errors.Is(err, sfu.ErrLimit), errors.Is(err, rtc.ErrTooMany), errors.Is(err, errFull):
		unavailable(w, err.Error(), retryWhenFull)
	case errors.Is(err, errDraining), errors.Is(err, rtc.ErrDraining), errors.Is(err, sfu.ErrClosed):
		unavailable(w, errDraining.Error(), retryAfterShutdown)
	case errors.Is(err, rtc.ErrClosed):
		problem(w, http.StatusNotFound, "the session has ended")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		unavailable(w, "the offer could not be answered in time", retryWhenFull)
	default:
		srv.log.Error("request failed", "error", err)
		problem(w, http.StatusInternalServerError, "something went wrong in the server")
	}
}

// serveEndpoint is /whip/{room} and /whep/{room}.
func (srv *Server) serveEndpoint(d door, w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodOptions:
		preflight(w, "POST, OPTIONS")
		w.Header().Set("Accept-Post", typeSDP)
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "POST, OPTIONS")
		return statusError(http.StatusMethodNotAllowed, "%.20q is not POST or OPTIONS", r.Method)
	}
	claims, err := srv.deps.Keys.Verify(bearer(r), time.Now())
	switch {
	case err != nil:
		return err
	case claims.Room != r.PathValue("room"):
		return statusError(http.StatusForbidden, "the token is for another room")
	case !claims.Grants.Has(d.needs):
		return statusError(http.StatusForbidden, "the grant %s is missing", d.needs.Names()[0])
	case !accepts(r, typeSDP):
		return statusError(http.StatusNotAcceptable, "the answer is %s, which Accept does not allow", typeSDP)
	}
	offer, err := readBody(w, r, typeSDP)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(offer, "v=0") {
		return statusError(http.StatusBadRequest, "the body is not a session description")
	}
	if others, receiving := countLines(offer); others+receiving > srv.deps.MaxSlots {
		return statusError(http.StatusUnprocessableEntity, "sdp: %d media lines is more than %d", others+receiving, srv.deps.MaxSlots)
	}
	var choice *choice
	if d.role == rtc.Viewer {
		if choice, err = parseChoice(r.URL.Query()); err != nil {
			return err
		}
	}
	s, answer, err := srv.openMedia(r.Context(), d, claims, offer, choice)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", typeSDP)
	h.Set("Location", "/"+d.name+"/"+url.PathEscape(claims.Room)+"/"+s.id)
	h.Set("ETag", s.tag())
	h.Set("Accept-Patch", typeFragment)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, answer)
	return nil
}

// serveMediaSession is /whip/{room}/{session} and /whep/{room}/{session}.
func (srv *Server) serveMediaSession(d door, w http.ResponseWriter, r *http.Request) error {
	const methods = "PATCH, DELETE, OPTIONS"
	switch r.Method {
	case http.MethodOptions:
		preflight(w, methods)
		w.Header().Set("Accept-Patch", typeFragment)
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPatch, http.MethodDelete:
	default:
		w.Header().Set("Allow", methods)
		return statusError(http.StatusMethodNotAllowed, "%.20q is not one of %s", r.Method, methods)
	}
	// Who holds the address of the session was let in once; that the token has
	// expired since must not keep it from ending what it began.
	claims, err := srv.deps.Keys.VerifyAgain(bearer(r))
	if err != nil {
		return err
	}
	srv.mu.Lock()
	s := srv.media[r.PathValue("session")]
	srv.mu.Unlock()
	switch {
	case claims.Room != r.PathValue("room"):
		return statusError(http.StatusForbidden, "the token is for another room")
	case s == nil || s.door.name != d.name || s.room != claims.Room:
		return statusError(http.StatusNotFound, "there is no such session")
	case s.subject != claims.Identity:
		return statusError(http.StatusForbidden, "the session is of another identity")
	}
	if r.Method == http.MethodDelete {
		s.leave()
		w.WriteHeader(http.StatusOK)
		return nil
	}
	return s.patch(w, r)
}

// preflight answers what a browser asks before it lets a page do something
// (the Fetch standard's CORS protocol).
func preflight(w http.ResponseWriter, methods string) {
	h := w.Header()
	h.Set("Allow", methods)
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, Accept")
	h.Set("Access-Control-Max-Age", "86400")
}

// accepts reports whether the Accept header allows a media type (RFC 9110
// section 12.5.1).
func accepts(r *http.Request, want string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return true
	}
	group, _, _ := strings.Cut(want, "/")
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, params, err := mime.ParseMediaType(strings.TrimSpace(item))
		if err != nil || strings.Trim(params["q"], "0.") == "" && params["q"] != "" {
			continue
		}
		if kind == want || kind == "*/*" || kind == group+"/*" {
			return true
		}
	}
	return false
}

// readBody reads a body of one media type.
func readBody(w http.ResponseWriter, r *http.Request, want string) (string, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != want {
		w.Header().Set("Accept-"+r.Method[:1]+strings.ToLower(r.Method[1:]), want) // Accept-Post, Accept-Patch
		return "", statusError(http.StatusUnsupportedMediaType, "the Content-Type is not %s", want)
	}
	// A transport that has no deadlines is a test's.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = control.SetReadDeadline(time.Time{})
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return "", statusError(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
	case err != nil:
		return "", statusError(http.StatusBadRequest, "the body did not arrive whole")
	case len(body) == 0:
		return "", statusError(http.StatusBadRequest, "the body is empty")
	}
	return string(body), nil
}

// statusRecorder remembers the status of a response.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusRecorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
