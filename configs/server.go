package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // auto (text on a terminal, else json), text, json
}

// HTTP is the plain HTTP listener and what all of HTTP shares.
type HTTP struct {
	Listen      string   `yaml:"listen"`       // HOST:PORT; empty: HTTPS only
	PublicURL   string   `yaml:"public_url"`   // what people type, if it isn't the listener's own address
	MetricsFrom []string `yaml:"metrics_from"` // networks that may read /metrics
	Proxies     []string `yaml:"proxies"`      // networks of reverse proxies, whose X-Forwarded-For is believed
}

// The ways of TLS.
const (
	TLSOff        = "off"
	TLSSelfSigned = "self-signed"
	TLSFiles      = "files"
)

// TLS is the HTTPS listener.
type TLS struct {
	Mode   string   `yaml:"mode"`   // off, self-signed, files
	Listen string   `yaml:"listen"` // HOST:PORT
	Cert   string   `yaml:"cert"`   // PEM file, with mode files
	Key    string   `yaml:"key"`    // PEM file, with mode files
	Names  []string `yaml:"names"`  // host names and addresses of the self-signed certificate besides those of this machine
}

// Shutdown says how long the stages of an orderly end may take.
type Shutdown struct {
	Drain time.Duration `yaml:"drain"` // from telling clients to go until they are cut
	Stage time.Duration `yaml:"stage"` // each later stage
}

func defaultLog() Log { return Log{Level: "info", Format: "auto"} }

func defaultHTTP() HTTP {
	return HTTP{Listen: ":8080", MetricsFrom: []string{"127.0.0.0/8", "::1/128"}}
}

func defaultTLS() TLS { return TLS{Mode: TLSOff, Listen: ":8443"} }

func defaultShutdown() Shutdown { return Shutdown{Drain: 5 * time.Second, Stage: 5 * time.Second} }

func (l Log) validate() error {
	return errors.Join(
		oneOf("log.level", l.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", l.Format, "auto", "text", "json"))
}

func (h HTTP) validate() error {
	var faults []error
	if h.Listen != "" {
		faults = append(faults, address("http.listen", h.Listen))
	}
	if h.PublicURL != "" {
		u, err := url.Parse(h.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			faults = append(faults, fmt.Errorf("http.public_url: %q is not of the form https://HOST[:PORT]/", h.PublicURL))
		}
	}
	for _, parsed := range []func() ([]netip.Prefix, error){h.MetricsNetworks, h.ProxyNetworks} {
		if _, err := parsed(); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// MetricsNetworks are the parsed MetricsFrom.
func (h HTTP) MetricsNetworks() ([]netip.Prefix, error) {
	return networks("http.metrics_from", h.MetricsFrom)
}

// ProxyNetworks are the parsed Proxies.
func (h HTTP) ProxyNetworks() ([]netip.Prefix, error) { return networks("http.proxies", h.Proxies) }

func networks(key string, texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	var faults []error
	for i, s := range texts {
		network, err := netip.ParsePrefix(s)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s[%d]: %q is not a network like 10.0.0.0/8 or ::/0", key, i, s))
			continue
		}
		networks = append(networks, network.Masked())
	}
	return networks, errors.Join(faults...)
}

func (t TLS) validate() error {
	faults := []error{oneOf("tls.mode", t.Mode, TLSOff, TLSSelfSigned, TLSFiles)}
	if t.Mode != TLSOff {
		faults = append(faults, address("tls.listen", t.Listen))
	}
	for key, value := range map[string]string{"cert": t.Cert, "key": t.Key} {
		switch {
		case t.Mode == TLSFiles && value == "":
			faults = append(faults, fmt.Errorf(`tls.%s: "" is not a file, which tls.mode files needs`, key))
		case t.Mode != TLSFiles && value != "":
			faults = append(faults, fmt.Errorf("tls.%s: %q is used only with tls.mode files, not %s", key, value, t.Mode))
		}
	}
	for i, name := range t.Names {
		if name == "" || len(name) > 253 || strings.ContainsAny(name, " /:") && net.ParseIP(name) == nil {
			faults = append(faults, fmt.Errorf("tls.names[%d]: %q is not a host name or an address", i, name))
		}
	}
	return errors.Join(faults...)
}

func (s Shutdown) validate() error {
	return errors.Join(
		lasting("shutdown.drain", s.Drain, 0, time.Hour),
		lasting("shutdown.stage", s.Stage, 100*time.Millisecond, 5*time.Minute))
}

func oneOf(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s", key, value, strings.Join(allowed, ", "))
}

func lasting(key string, v, lo, hi time.Duration) error {
	if v >= lo && v <= hi {
		return nil
	}
	return fmt.Errorf("%s: %v is not between %v and %v", key, v, lo, hi)
}

func address(key, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s: %q is not of the form [HOST]:PORT", key, value)
	}
	return nil
}
