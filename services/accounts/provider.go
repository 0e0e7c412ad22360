package accounts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"switchyard/internal/outbound"
)

const (
	maxAnswer   = 1 << 20 // bytes of an identity provider's answer
	providerAge = time.Hour
)

// providers are discovered once and kept for an hour.
type providers struct {
	client *http.Client
	mu     sync.Mutex
	known  map[string]knownProvider
}

type knownProvider struct {
	*oidc.Provider
	until time.Time
}

func newProviders(client *http.Client) *providers {
	bounded := *client
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	bounded.Transport = boundedAnswers{transport}
	return &providers{client: &bounded, known: map[string]knownProvider{}}
}

// boundedAnswers keeps a provider from filling the memory.
type boundedAnswers struct{ next http.RoundTripper }

func (b boundedAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

func (p *providers) get(ctx context.Context, issuer string, now time.Time) (*oidc.Provider, error) {
	p.mu.Lock()
	known, found := p.known[issuer]
	p.mu.Unlock()
	if found && now.Before(known.until) {
		return known.Provider, nil
	}
	// The keys that the provider fetches later must not depend on this request.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: ask the identity provider what it can do: %w", ErrSSOFailed, err)
	}
	endpoint := provider.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL} { // browsers are sent to the first
		if err := outbound.CheckURL(address); err != nil {
			return nil, fmt.Errorf("%w: an endpoint of the identity provider %w", ErrSSOFailed, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= 1000 {
		clear(p.known)
	}
	p.known[issuer] = knownProvider{provider, now.Add(providerAge)}
	return provider, nil
}

// identity is what the provider vouches for.
type identity struct {
	Issuer, Subject string
	Email           string `json:"email"`
	Verified        truth  `json:"email_verified"`
	First           string `json:"given_name"`
	Last            string `json:"family_name"`
	AuthTime        int64  `json:"auth_time"`
	unasked         error  // why the provider could not be asked for the address
}

// truth is a boolean, also as the text that some providers send.
type truth bool

// UnmarshalJSON takes true, "true" and, for false, anything else.
func (t *truth) UnmarshalJSON(text []byte) error {
	*t = truth(strings.Trim(string(text), `"`) == "true")
	return nil
}

// maxSubject is OpenID Connect Core's, section 2.
const maxSubject = 255

func (who *identity) valid() bool {
	return who.Subject != "" && plain(who.Subject, maxSubject) && plain(who.Issuer, 2000)
}
