package rtc

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// maxCandidates bounds the addresses that clients are told.
const maxCandidates = 16

// interfaceAddrs lists what clients may reach: the unicast addresses of the
// interfaces that are up, IPv4 first, loopback last. Link-local addresses are
// left out: a client would need to know its own name for the link.
func interfaceAddrs(six, loopback bool) ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of this machine: %w", err)
	}
	var four, sixes, local []netip.Addr
	for _, a := range all {
		prefix, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(prefix.IP)
		ip = ip.Unmap()
		switch {
		case !ok || ip.Is6() && !six || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified():
		case ip.IsLoopback():
			local = append(local, ip)
		case ip.Is4():
			four = append(four, ip)
		default:
			sixes = append(sixes, ip)
		}
	}
	list := append(four, sixes...)
	if loopback || len(list) == 0 {
		list = append(list, local...)
	}
	return list[:min(len(list), maxCandidates)], nil
}

// advertised is what clients are told: the configured addresses, else the one
// that is listened on, else those of the interfaces.
func advertised(cfg Config, bound netip.Addr, six bool) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, s := range cfg.Advertise {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("advertise %q: %w", s, err)
		}
		list = append(list, ip.Unmap())
	}
	if len(list) == 0 && !bound.IsUnspecified() {
		list = []netip.Addr{bound}
	}
	if len(list) > 0 {
		if cfg.IncludeLoopback && bound.IsUnspecified() && !slices.ContainsFunc(list, netip.Addr.IsLoopback) {
			list = append(list, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
		}
		return list, nil
	}
	return interfaceAddrs(six, cfg.IncludeLoopback)
}

// candidateLines are the values of the answer's candidate attributes (RFC 8839
// section 5.1): every address over UDP, then over passive TCP.
func candidateLines(addrs []netip.Addr, udpPort, tcpPort uint16) []string {
	const hostUDP, hostTCP = 126, 99 // type preferences; RFC 6544 wants TCP below
	var lines []string
	for i, ip := range addrs {
		priority := hostUDP<<24 | (65535-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, priority, ip, udpPort))
	}
	if tcpPort == 0 {
		return lines
	}
	for i, ip := range addrs {
		const passive = 4 << 13 // RFC 6544 section 4.2: direction preference
		priority := hostTCP<<24 | (passive+8191-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", len(addrs)+i+1, priority, ip, tcpPort))
	}
	return lines
}
