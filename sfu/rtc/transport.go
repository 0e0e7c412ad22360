package rtc

import (
	"context"
	"time"
)

// transport starts ICE and DTLS at the first offer and restarts ICE when the
// client's credentials have changed.
func (p *Peer) transport(ctx context.Context, o *offer) error {
	remote := [2]string{o.ufrag, o.pwd}
	if p.ice == nil {
		return p.startTransport(ctx, o, remote)
	}
	if remote == p.remote {
		return nil
	}
	return p.restart(ctx, remote)
}

func (p *Peer) startTransport(ctx context.Context, o *offer, remote [2]string) error {
	ice, err := newICESide(p.server, p.writeICE, p.nominated)
	if err != nil {
		return err
	}
	ufrag, pwd, err := ice.start(ctx, remote[0], remote[1])
	if err != nil {
		ice.close()
		return err
	}
	dtls, err := newDTLSSide(p.server, o.prints, p.writeDTLS)
	if err != nil {
		ice.close()
		return err
	}
	p.ice, p.dtls, p.prints, p.remote = ice, dtls, o.prints, remote
	p.local = [2]string{ufrag, pwd}
	p.answered = time.Now()
	p.register(ufrag)
	p.tasks.Go(func() { p.connect(dtls) })
	return nil
}

// restart gives the client new credentials to check against. DTLS and the keys
// stay, and media goes on.
func (p *Peer) restart(ctx context.Context, remote [2]string) error {
	ufrag, pwd, err := p.ice.restart(ctx, remote[0], remote[1])
	if err != nil {
		p.end(endFault) // the old credentials are gone, so nothing is as it was
		return err
	}
	p.remote, p.local = remote, [2]string{ufrag, pwd}
	p.paths.restart()
	p.register(ufrag)
	return nil
}

// register makes a username fragment the peer's.
func (p *Peer) register(ufrag string) {
	ice, dtls := p.ice, p.dtls
	p.participant.Post(func() {
		if p.removed {
			return
		}
		old := p.ufrag
		p.ufrag, p.iceLoop, p.dtlsLoop = ufrag, ice, dtls
		p.server.everywhere(p.shard(), func(at *shard) {
			if old != "" {
				delete(at.ufrags, old)
			}
			at.ufrags[ufrag] = p
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
	ctx, cancel := context.WithTimeout(context.Background(), p.server.cfg.ConnectTimeout)
	defer cancel()
	if err := p.restart(ctx, [2]string{remoteUfrag, remotePwd}); err != nil {
		return "", "", err
	}
	return p.local[0], p.local[1], nil
}
