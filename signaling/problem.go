package signaling

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// problem answers with problem details (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) { problemOf(w, status, detail, "") }

// problemOf also says in one of protocol.Reasons why somebody is refused.
func problemOf(w http.ResponseWriter, status int, detail, reason string) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	body, err := json.Marshal(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Reason string `json:"reason,omitempty"`
	}{http.StatusText(status), status, detail, reason})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// unavailable answers 503 with the time after which to try again.
func unavailable(w http.ResponseWriter, detail string, retry time.Duration) {
	setRetryAfter(w, retry)
	problem(w, http.StatusServiceUnavailable, detail)
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(d.Seconds())))))
}

// retryWhenFull is how long to wait before trying a full server or room again.
const retryWhenFull = 10 * time.Second
