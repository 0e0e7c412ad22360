package accounts

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	clientID     = "switchyard"
	clientSecret = "the secret of the client"
)

// idp is a small OpenID provider: it says of whoever comes what claims holds.
type idp struct {
	t      testing.TB
	server *httptest.Server
	key    *rsa.PrivateKey
	now    func() time.Time

	mu     sync.Mutex
	claims map[string]any // of the ID token, over iss, aud, exp, iat and nonce
	info   map[string]any // of the page about the user; nil: there is none
	grants map[string]url.Values
}

func newIDP(t testing.TB, now func() time.Time) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: key, now: now, grants: map[string]url.Values{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
			"jwks_uri": p.server.URL + "/keys", "userinfo_endpoint": p.server.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		code := r.PostFormValue("code")
		grant, found := p.grants[code]
		delete(p.grants, code)
		user, secret, _ := r.BasicAuth()
		if user == "" {
			user, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		}
		secret, _ = url.QueryUnescape(secret)
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !found || user != clientID || secret != clientSecret || b64(sum[:]) != grant.Get("code_challenge") || r.PostFormValue("redirect_uri") != grant.Get("redirect_uri") {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{"iss": p.server.URL, "aud": clientID, "iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(), "nonce": grant.Get("nonce")}
		for name, value := range p.claims {
			claims[name] = value
		}
		answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(claims)})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.info == nil || r.Header.Get("Authorization") != "Bearer access" {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		answer(w, p.info)
	})
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *idp) sign(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(signature)
}

// says sets what it says of whoever comes next.
func (p *idp) says(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims, p.info = claims, nil
}

// visit is a browser that goes where it was sent: it comes back with a code and a state.
func (p *idp) visit(address string) (code, state string, query url.Values) {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	query = u.Query()
	if u.Path != "/authorize" || query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("client_id") != clientID ||
		query.Get("nonce") == "" || query.Get("redirect_uri") != "https://meet.example.org/api/v1/auth/sso/callback" {
		p.t.Fatalf("sent to %s", address)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code = newSecret()
	p.grants[code] = query
	return code, query.Get("state"), query
}
