package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// firstRoom is the room that the printed address leads into.
const firstRoom = "main"

// greeting tells whoever started the server where it is. The invitation is in
// the fragment, which browsers keep to themselves.
func (h *house) greeting(setup string) string {
	var b strings.Builder
	fragment := "room=" + firstRoom
	if h.invitation != nil {
		fragment = "code=" + url.QueryEscape(h.invitation.Code()) + "&room=" + firstRoom
	}
	fmt.Fprintf(&b, "Switchyard %s is running. Open this address twice for a meeting:\n\n", version)
	switch {
	case h.cfg.HTTP.PublicURL != "":
		fmt.Fprintf(&b, "  %s/#%s\n", strings.TrimSuffix(h.cfg.HTTP.PublicURL, "/"), fragment)
	case h.http != nil:
		fmt.Fprintf(&b, "  %s/#%s\n", address("http", h.cfg.HTTP.Listen, "localhost", h.http.port()), fragment)
	default:
		fmt.Fprintf(&b, "  %s/#%s\n", address("https", h.cfg.TLS.Listen, "localhost", h.https.port()), fragment)
	}
	other := lanAddress()
	switch {
	case h.cfg.HTTP.PublicURL != "":
	case h.https != nil:
		if other == "" {
			other = "localhost"
		}
		fmt.Fprintf(&b, "\nFrom other machines:\n\n  %s/#%s\n", address("https", h.cfg.TLS.Listen, other, h.https.port()), fragment)
		if h.selfSigned != nil {
			fmt.Fprintf(&b, "\nIts certificate is self-signed, so the browser warns once. SHA-256 fingerprint:\n  %s\n", fingerprint(*h.selfSigned))
		}
	case other != "":
		fmt.Fprintf(&b, "\nBrowsers give cameras to other machines only over HTTPS. For those start with\n--tls self-signed; the address is then\n\n  %s/#%s\n",
			address("https", h.cfg.TLS.Listen, other, portOf(h.cfg.TLS.Listen)), fragment)
	}
	if setup != "" {
		fmt.Fprintf(&b, "\nThere are no accounts yet. This address makes the first administrator; it works once,\nuntil tomorrow or the next start:\n\n  %s\n", setup)
	}
	b.WriteByte('\n')
	return b.String()
}

// publicURL is the address of the web client, without a slash at its end.
func (h *house) publicURL() string {
	switch {
	case h.cfg.HTTP.PublicURL != "":
		return strings.TrimSuffix(h.cfg.HTTP.PublicURL, "/")
	case h.https != nil:
		return address("https", h.cfg.TLS.Listen, "localhost", h.https.port())
	case h.http != nil:
		return address("http", h.cfg.HTTP.Listen, "localhost", h.http.port())
	}
	return ""
}

// address is a URL of a listener: of its own host, or of any if it has none.
func address(scheme, listen, host string, port int) string {
	own, _, _ := net.SplitHostPort(listen)
	if ip, err := netip.ParseAddr(own); own != "" && (err != nil || !ip.IsUnspecified()) {
		host = own
	}
	if scheme == "http" && port == 80 || scheme == "https" && port == 443 {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}

func portOf(listen string) int {
	_, text, _ := net.SplitHostPort(listen)
	port, _ := strconv.Atoi(text)
	return port
}
