package rtc

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"hash"
	"net/netip"

	"github.com/pion/logging"
)

// iceLite is the ICE side of a peer between two restarts (RFC 8445): it answers
// the client's checks and uses what the client nominates. A lite agent makes no
// checks of its own, so there is neither a timer nor a goroutine, and what is not
// made with the password leaves no trace.
type iceLite struct {
	ufrag, pwd string    // the server's
	username   []byte    // of the client's checks
	mac        hash.Hash // HMAC-SHA1 by pwd; of the loop
}

// newICE makes new credentials, for a client with this username fragment.
func newICE(remoteUfrag string) *iceLite {
	i := &iceLite{}
	i.ufrag, i.pwd = newCredentials()
	i.username = []byte(i.ufrag + ":" + remoteUfrag)
	i.mac = hmac.New(sha1.New, []byte(i.pwd))
	return i
}

const iceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// newCredentials returns a username fragment of 72 random bits and a password
// of 192 (RFC 8445 section 5.3).
func newCredentials() (ufrag, pwd string) {
	var b [44]byte
	rand.Read(b[:])
	for k := range b {
		b[k] = iceChars[b[k]&63]
	}
	return string(b[:12]), string(b[12:])
}

// receiveSTUN answers a check; on the loop.
func (p *Peer) receiveSTUN(b []byte, addr netip.AddrPort, sa *sockaddr, tcp *tcpConn) {
	s := p.shard()
	ice := p.iceLoop
	check, ok := readCheck(b, ice.username, ice.mac)
	if !ok {
		s.counts.forgedCheck.Add(1)
		return
	}
	s.traffic.in(trafficControl, len(b))
	pa, gone, first := p.paths.touch(addr, sa, tcp, s.now, p.path)
	if gone != nil {
		s.unlearn(p, gone)
	}
	if pa == nil {
		s.counts.controlFull.Add(1)
		return
	}
	if first || tcp == nil && s.addresses[pa.key] != p {
		s.learn(p, pa)
	}
	p.heard(pa, s.now)
	if check.controlled {
		p.sendControl(appendRoleConflict(s.tx.reserve()[:0], b, ice.mac), pa)
		return
	}
	p.sendControl(appendBindSuccess(s.tx.reserve()[:0], b, addr, ice.mac), pa)
	pa.priority = check.priority
	if check.nominates {
		p.nominate(pa, s.now)
	} else {
		p.follow(pa)
	}
}

// sendControl sends what stands where the send buffer was reserved; on the loop.
func (p *Peer) sendControl(b []byte, pa *path) {
	s := p.shard()
	s.traffic.out(trafficControl, len(b))
	if pa.tcp == nil {
		s.tx.push(len(b), &pa.sa, nil)
	} else if !pa.tcp.send(b) {
		s.counts.sendFull.Add(1)
	}
}

// nominationBurst is for how long the better one of two nominated paths stays: a
// client may nominate each that works (RFC 5245's aggressive nomination) and
// uses the best. After that what is nominated last is used.
const nominationBurst = int64(1e9)

// nominate takes a path that the client nominates; on the loop.
func (p *Peer) nominate(pa *path, now int64) {
	pa.nominated = now
	old := p.path
	if old != nil && old != pa && now-old.nominated < nominationBurst && old.better(pa) {
		return
	}
	p.pathHeard = now
	if p.setPath(pa); old == nil {
		p.refresh()
	}
}

// follow goes over to another address of the client's at which a check came, once
// nothing has come over the path in use for Config.QuietAfter: a NAT has given the
// client another port, and not every client nominates again in its checks of
// consent (RFC 7675). On the loop.
func (p *Peer) follow(pa *path) {
	now := p.shard().now
	if p.path == nil || p.path == pa || now-p.pathHeard < int64(p.server.cfg.QuietAfter) {
		return
	}
	p.setPath(pa)
	p.pathHeard = now
}

// silentLogs drops what pion logs: most of it can be caused at will by whoever
// sends packets, and what matters is counted or returned as an error.
type silentLogs struct{}

func (silentLogs) NewLogger(string) logging.LeveledLogger { return silentLogs{} }
func (silentLogs) Trace(string)                           {}
func (silentLogs) Tracef(string, ...any)                  {}
func (silentLogs) Debug(string)                           {}
func (silentLogs) Debugf(string, ...any)                  {}
func (silentLogs) Info(string)                            {}
func (silentLogs) Infof(string, ...any)                   {}
func (silentLogs) Warn(string)                            {}
func (silentLogs) Warnf(string, ...any)                   {}
func (silentLogs) Error(string)                           {}
func (silentLogs) Errorf(string, ...any)                  {}
