// Package outbound makes HTTP requests to addresses that people have typed in:
// calendars, webhooks, identity providers. It goes only where the public internet is, or where
// the operator has said it may: otherwise whoever may enter an address could reach
// what only this machine can (server-side request forgery).
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Config says how far requests go.
type Config struct {
	Allow []string `yaml:"allow"` // networks that are allowed though they are not public
}

// Validate returns every fault.
func (c Config) Validate() error {
	_, err := c.networks()
	return err
}

func (c Config) networks() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	var faults []error
	for i, s := range c.Allow {
		network, err := netip.ParsePrefix(s)
		if err != nil {
			faults = append(faults, fmt.Errorf("outbound.allow[%d]: %q is not a network like 10.0.0.0/8", i, s))
			continue
		}
		networks = append(networks, network.Masked())
	}
	return networks, errors.Join(faults...)
}

const (
	maxRedirects = 3
	timeLimit    = 20 * time.Second
)

// ErrAddress: the address may not be reached.
var ErrAddress = errors.New("the address is not on the public internet")

// special are networks that are neither public nor caught by netip's own words: RFC 6890 and its registries.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
}

// unicast6 is all of IPv6 that is public: outside of it are, among others, the prefixes that carry an IPv4 address.
var unicast6 = netip.MustParsePrefix("2000::/3")

type guard struct{ allowed []netip.Prefix }

func (g guard) check(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	for _, network := range g.allowed {
		if network.Contains(a) {
			return nil
		}
	}
	public := a.IsGlobalUnicast() && !a.IsPrivate() && (a.Is4() || unicast6.Contains(a))
	for _, network := range special {
		public = public && !network.Contains(a)
	}
	if !public {
		return fmt.Errorf("%w: %v", ErrAddress, a)
	}
	return nil
}

// NewClient returns a client that checks the address after its name was resolved, for every connection and so for
// every redirect. It follows three, takes 20 s in all and uses no proxy.
func NewClient(c Config) (*http.Client, error) {
	allowed, err := c.networks()
	if err != nil {
		return nil, err
	}
	g := guard{allowed}
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: %s", ErrAddress, address)
			}
			return g.check(ap.Addr())
		},
	}
	return &http.Client{
		Timeout: timeLimit,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
			MaxIdleConns: 32, MaxIdleConnsPerHost: 2, MaxConnsPerHost: 16, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return errors.New("a redirect from https to http")
			}
			return CheckURL(r.URL.String())
		},
	}, nil
}

// CheckURL says what is wrong with the text of an address before it is kept. Where it leads is checked when it is used.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > 2000:
		return errors.New("is not an address, or longer than 2000 bytes")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("begins neither with https:// nor with http://")
	case u.Host == "" || u.Hostname() == "":
		return errors.New("names no host")
	case u.User != nil:
		return errors.New("holds a user or a password, which are given apart")
	}
	return nil
}

// ReadAll reads a body of at most limit bytes.
func ReadAll(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("the answer has more than %d bytes", limit)
	}
	return data, nil
}
