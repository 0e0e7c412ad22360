package rtc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Config of the media transport.
type Config struct {
	Listen          string        `yaml:"listen"`           // address of the UDP and the TCP port; no host: IPv6 and IPv4
	TCP             bool          `yaml:"tcp"`              // ICE-TCP on the same port number (RFC 6544)
	Advertise       []string      `yaml:"advertise"`        // IP addresses given to clients; empty: those of the interfaces
	IncludeLoopback bool          `yaml:"include_loopback"` // give clients loopback addresses too, for browsers on the same machine
	Shards          int           `yaml:"shards"`           // media loops, each with a core of its own; 0: one for each core that the process may use
	GSO             bool          `yaml:"gso"`              // packets of one receiver go to the kernel in runs, where it takes them
	ReceiveBuffer   int           `yaml:"receive_buffer"`   // of each UDP socket, in bytes
	SendBuffer      int           `yaml:"send_buffer"`      // of each UDP socket, in bytes
	MaxPeers        int           `yaml:"max_peers"`
	MaxTCP          int           `yaml:"max_tcp"`         // ICE-TCP connections
	MaxSlots        int           `yaml:"max_slots"`       // receiving lines of one offer
	MaxTracks       int           `yaml:"max_tracks"`      // sending lines of one offer
	ConnectTimeout  time.Duration `yaml:"connect_timeout"` // from the first answer until ICE and DTLS are up
	QuietAfter      time.Duration `yaml:"quiet_after"`     // no packet for so long: the participant may be reconnecting
	IdleTimeout     time.Duration `yaml:"idle_timeout"`    // no packet for so long: the peer is closed
}

// maxShards is how many media loops there may be.
const maxShards = 64

// DefaultConfig serves browsers on this machine and on its networks.
func DefaultConfig() Config {
	return Config{
		Listen:          ":7882",
		TCP:             true,
		IncludeLoopback: true,
		GSO:             true,
		ReceiveBuffer:   8 << 20,
		SendBuffer:      8 << 20,
		MaxPeers:        10000,
		MaxTCP:          1000,
		MaxSlots:        64,
		MaxTracks:       16,
		ConnectTimeout:  30 * time.Second,
		QuietAfter:      8 * time.Second,
		IdleTimeout:     2 * time.Minute,
	}
}

// Validate returns every fault, each naming the key, its value and what is allowed.
func (c Config) Validate() error {
	var faults []error
	within := func(key string, v, lo, hi int) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("rtc.%s: %d is not between %d and %d", key, v, lo, hi))
		}
	}
	lasting := func(key string, v, lo, hi time.Duration) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("rtc.%s: %v is not between %v and %v", key, v, lo, hi))
		}
	}
	if _, err := c.listenAddr(); err != nil {
		faults = append(faults, err)
	}
	for i, s := range c.Advertise {
		if ip, err := netip.ParseAddr(s); err != nil || ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" {
			faults = append(faults, fmt.Errorf("rtc.advertise[%d]: %q is not an IP address that clients can reach", i, s))
		}
	}
	if len(c.Advertise) > maxCandidates {
		faults = append(faults, fmt.Errorf("rtc.advertise: %d addresses, at most %d are allowed", len(c.Advertise), maxCandidates))
	}
	within("shards", c.Shards, 0, maxShards)
	within("receive_buffer", c.ReceiveBuffer, 64<<10, 1<<30)
	within("send_buffer", c.SendBuffer, 64<<10, 1<<30)
	within("max_peers", c.MaxPeers, 1, 100000)
	within("max_tcp", c.MaxTCP, 1, 100000)
	within("max_slots", c.MaxSlots, 1, 256)
	within("max_tracks", c.MaxTracks, 1, 64)
	lasting("connect_timeout", c.ConnectTimeout, time.Second, 5*time.Minute)
	lasting("quiet_after", c.QuietAfter, time.Second, time.Minute)
	lasting("idle_timeout", c.IdleTimeout, 5*time.Second, time.Hour)
	if c.IdleTimeout <= c.QuietAfter {
		faults = append(faults, fmt.Errorf("rtc.idle_timeout: %v is not longer than quiet_after (%v)", c.IdleTimeout, c.QuietAfter))
	}
	return errors.Join(faults...)
}

// listenAddr splits Listen; an invalid Addr means every address.
func (c Config) listenAddr() (netip.AddrPort, error) {
	fault := fmt.Errorf("rtc.listen: %q is not of the form [IP]:PORT", c.Listen)
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return netip.AddrPort{}, fault
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fault
	}
	if host == "" {
		return netip.AddrPortFrom(netip.Addr{}, uint16(n)), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return netip.AddrPort{}, fault
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
}
