package rtc

import "time"

// transport starts ICE and DTLS at the first offer and restarts ICE when the
// client's credentials have changed.
func (p *Peer) transport(o *offer) error {
	remote := [2]string{o.ufrag, o.pwd}
	if p.ice == nil {
		return p.startTransport(o, remote)
	}
	if remote != p.remote {
		p.restart(remote)
	}
	return nil
}

func (p *Peer) startTransport(o *offer, remote [2]string) error {
	dtls, err := newDTLSSide(p.server, o.prints, p.writeDTLS)
	if err != nil {
		return err
	}
	p.dtls, p.prints, p.remote = dtls, o.prints, remote
	p.answered = time.Now()
	p.check(remote[0])
	p.tasks.Go(func() { p.connect(dtls) })
	return nil
}

// restart gives the client new credentials to check against. DTLS and the keys
// stay, and media goes on over the old path until the client nominates a new one
// (RFC 8445 section 9).
func (p *Peer) restart(remote [2]string) {
	p.remote = remote
	p.check(remote[0])
}

// check makes new credentials, and has checks with them answered.
func (p *Peer) check(remoteUfrag string) {
	ice, dtls := newICE(remoteUfrag), p.dtls
	p.ice = ice
	p.participant.Post(func() {
		if p.removed {
			return
		}
		old := p.ufrag
		p.ufrag, p.iceLoop, p.dtlsLoop = ice.ufrag, ice, dtls
		p.paths.restart()
		p.server.everywhere(p.shard(), func(at *shard) {
			if old != "" {
				delete(at.ufrags, old)
			}
			at.ufrags[ice.ufrag] = p
		})
	})
}

// RestartICE restarts ICE without an offer, as WHIP and WHEP do by PATCH (RFC
// 9725 section 4.3.2): the stored offer counts on, with the client's new
// credentials. It returns the server's new ones. An OfferError if the
// credentials are impossible.
func (p *Peer) RestartICE(remoteUfrag, remotePwd string) (ufrag, pwd string, err error) {
	if err := checkCredentials(remoteUfrag, remotePwd); err != nil {
		return "", "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.ice == nil {
		return "", "", ErrClosed
	}
	p.restart([2]string{remoteUfrag, remotePwd})
	return p.ice.ufrag, p.ice.pwd, nil
}
