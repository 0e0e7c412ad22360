package signaling

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/netip"
	"time"

	"switchyard/access"
	"switchyard/sfu"
)

const maxInviteBody = 4 << 10 // bytes

// serveInvite is POST /invite: it exchanges the invitation code for a token.
// The code is never logged.
func (srv *Server) serveInvite(w http.ResponseWriter, r *http.Request) {
	defer srv.recovered("invite", nil)
	outcome := func(result string) { srv.metrics.invitations.WithLabelValues(result).Inc() }
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		outcome("bad")
		problem(w, http.StatusUnsupportedMediaType, "the Content-Type is not application/json")
		return
	}
	var request struct {
		Code string `json:"code"`
		Room string `json:"room"`
		Name string `json:"name"`
	}
	// A transport that has no deadlines is a test's.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxInviteBody)).Decode(&request); err != nil {
		outcome("bad")
		problem(w, http.StatusBadRequest, `the body is not {"code": …, "room": …, "name": …} in at most 4096 bytes`)
		return
	}
	now := time.Now()
	from := remoteAddr(r)
	if wait := srv.guesses.Wait(from, now); wait > 0 {
		outcome("limited")
		setRetryAfter(w, wait)
		problem(w, http.StatusTooManyRequests, "too many wrong codes came from this address")
		return
	}
	if !srv.deps.Invitation.Matches(request.Code) {
		srv.guesses.Wrong(from, now)
		outcome("wrong")
		problem(w, http.StatusForbidden, "the invitation code is wrong")
		return
	}
	if srv.deps.Invitable != nil && !srv.deps.Invitable(request.Room) {
		outcome("bad")
		problem(w, http.StatusForbidden, "the invitation does not lead into this room")
		return
	}
	claims := access.Claims{
		Room: request.Room, Identity: "guest-" + secret()[:16], Name: request.Name,
		Grants: sfu.DefaultGrants | sfu.MayMessage, Expires: now.Add(srv.cfg.InviteTTL),
	}
	token, err := srv.deps.Keys.Sign(claims)
	if err != nil {
		outcome("bad")
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	outcome("token")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]string{"token": token, "identity": claims.Identity, "room": claims.Room})
}

// remoteAddr is the address of the other end of the connection; the zero Addr
// if it has none.
func remoteAddr(r *http.Request) netip.Addr {
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr()
}
