package outbound

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, allow ...string) *http.Client {
	t.Helper()
	c, err := NewClient(Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, c *http.Client, url string) (string, error) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	body, err := ReadAll(r.Body, 1000)
	return string(body), err
}

func TestAddresses(t *testing.T) {
	for address, public := range map[string]bool{
		"1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.0.1": true, "172.32.0.1": true, "192.0.1.1": true,
		"2606:4700::1111": true, "2a01:4f8::1": true, "::ffff:1.1.1.1": true,
		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.255.255.254": false, "10.1.2.3": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"192.0.0.8": false, "192.0.2.1": false, "192.88.99.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "fc00::1": false, "fd00::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:0:127.0.0.1": false,
		"::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::101:101": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::1": false,
		"2001::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
	} {
		err := guard{}.check(netip.MustParseAddr(address))
		if public != (err == nil) || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v, public: %v", address, err, public)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		allow, address string
		works          bool
	}{
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.9.9.9/8", "10.1.2.3", true}, // host bits do not matter
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.0.0.0/8", "192.168.0.1", false},
		{"fd00::/8", "fd00::1", true},
		{"fe80::/10", "fe80::1%eth0", true},
		{"127.0.0.1/32", "127.0.0.2", false},
	} {
		networks, err := Config{Allow: []string{c.allow}}.networks()
		if err != nil {
			t.Fatal(err)
		}
		if err := (guard{networks}).check(netip.MustParseAddr(c.address)); c.works != (err == nil) {
			t.Errorf("%s with %s allowed: %v", c.address, c.allow, err)
		}
	}
	err := Config{Allow: []string{"10.0.0.0/8", "10.0.0.1", "x/8"}}.Validate()
	if err == nil || !strings.Contains(err.Error(), "allow[1]") || !strings.Contains(err.Error(), "allow[2]") {
		t.Errorf("%v, want both faults", err)
	}
	if _, err := NewClient(Config{Allow: []string{"x"}}); err == nil {
		t.Error("a client with a network that is none")
	}
}

// TestRefused: a server that is there is not reached, whatever it is called.
func TestRefused(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was reached") })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, "192.168.255.0/24")
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "[::1]", "127.1"} {
		_, err := get(t, c, "http://"+host+":"+port)
		var noName *net.DNSError
		if !errors.Is(err, ErrAddress) && !errors.As(err, &noName) {
			t.Errorf("%s: %v, want ErrAddress", host, err)
		}
	}
	if _, err := get(t, c, "http://localhost:"+port); !errors.Is(err, ErrAddress) {
		t.Errorf("a name that leads here: %v, want ErrAddress", err)
	}
}

func TestRedirects(t *testing.T) {
	var url string
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/hop/%d", &n); {
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprint(url, "/hop/", n-1), http.StatusFound)
		case r.URL.Path == "/to":
			w.Header().Set("Location", r.URL.RawQuery)
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			fmt.Fprint(w, "arrived")
		}
	})
	port := url[strings.LastIndex(url, ":"):]
	c := client(t, "127.0.0.1/32")
	for _, x := range []struct {
		path    string
		arrives bool
		fault   error
	}{
		{"/hop/0", true, nil},
		{"/hop/3", true, nil},
		{"/hop/4", false, nil},
		{"/to?" + url, true, nil},
		{"/to?http://127.0.0.2" + port, false, ErrAddress}, // where Linux listens, too
		{"/to?http://[::1]" + port, false, ErrAddress},
		{"/to?http://169.254.169.254/latest", false, ErrAddress},
		{"/to?file:///etc/passwd", false, nil},
		{"/to?http://user:password@127.0.0.1" + port, false, nil},
		{"/to?http://127.0.0.1" + port + "/" + strings.Repeat("x", 2000), false, nil},
	} {
		body, err := get(t, c, url+x.path)
		if x.arrives != (body == "arrived") || x.arrives != (err == nil) || x.fault != nil && !errors.Is(err, x.fault) {
			t.Errorf("%.60s: %q %v", x.path, body, err)
		}
	}
}

func TestNoWayBackToHTTP(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "plain") })
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain, http.StatusFound) }))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	up := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, secure.URL, http.StatusFound) })
	c := client(t, "127.0.0.1/32")
	if _, err := get(t, c, secure.URL); err == nil {
		t.Error("a certificate of nobody was trusted")
	}
	c.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	for _, url := range []string{secure.URL, up} {
		if body, err := get(t, c, url); err == nil || !strings.Contains(err.Error(), "https to http") {
			t.Errorf("%q %v", body, err)
		}
	}
}

func TestBounds(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			fmt.Fprint(w, strings.Repeat("x", 1000))
		case "/big":
			fmt.Fprint(w, strings.Repeat("x", 1001))
		case "/header":
			w.Header().Set("X", strings.Repeat("x", 100<<10))
		case "/slow": // it answers, and never comes to an end
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			<-release
		}
	})
	defer close(release)
	c := client(t, "127.0.0.1/32")
	if body, err := get(t, c, url+"/exact"); err != nil || len(body) != 1000 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	for _, path := range []string{"/big", "/header"} {
		if _, err := get(t, c, url+path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	if c.Timeout != timeLimit {
		t.Errorf("the limit is %v", c.Timeout)
	}
	c.Timeout = 50 * time.Millisecond
	var late net.Error
	if _, err := get(t, c, url+"/slow"); !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("a body without end: %v", err)
	}
}

// TestNoProxy: a proxy would be asked for what may not be reached.
func TestNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	if _, err := get(t, client(t, "127.0.0.1/32"), "http://169.254.169.254/"); !errors.Is(err, ErrAddress) {
		t.Errorf("%v, want ErrAddress", err)
	}
}

func TestCheckURL(t *testing.T) {
	for url, good := range map[string]bool{
		"https://example.org": true, "http://example.org:8080/a?b=c#d": true, "https://[2606:4700::1111]/": true, "HTTPS://example.org": true,
		"": false, "example.org": false, "//example.org": false, "ftp://example.org": false, "file:///etc/passwd": false, "javascript:alert(1)": false,
		"https://": false, "https://:443": false, "https:example.org": false, "https://me@example.org": false, "https://me:secret@example.org": false,
		"https://exa mple.org": false, "https://example.org/\n": false, "https://example.org/" + strings.Repeat("x", 2000): false,
	} {
		if err := CheckURL(url); good != (err == nil) {
			t.Errorf("%.60q: %v", url, err)
		} else if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}
