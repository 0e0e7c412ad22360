package main

import (
	"net"
	"net/netip"
	"os"
	"slices"
)

// certificateNames are the names and addresses under which this machine is
// reached, for its self-signed certificate.
func certificateNames(extra ...string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && host != "" {
		names = append(names, host)
	}
	// Without the list of interfaces the certificate is good for localhost.
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && !prefix.Addr().IsLinkLocalUnicast() {
			names = append(names, prefix.Addr().String())
		}
	}
	for _, name := range extra {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lanAddress is the address that other machines of the network most likely
// reach this one by: the one that packets to elsewhere would leave from. Nothing is sent.
func lanAddress() string {
	for _, elsewhere := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} {
		conn, err := net.Dial("udp", elsewhere)
		if err != nil {
			continue
		}
		local := conn.LocalAddr().(*net.UDPAddr)
		conn.Close()
		if !local.IP.IsLoopback() && !local.IP.IsUnspecified() {
			return local.IP.String()
		}
	}
	return ""
}
