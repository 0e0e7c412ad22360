package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
)

// publisher is a client that sends and hears nothing. It has ICE and DTLS of
// pion's and its own SRTP context, so that a packet costs little and a burst can
// leave in one system call. It is a process of its own: nothing that the viewers
// do delays it.
type publisher struct {
	sock   *socket
	agent  *ice.Agent
	cert   tls.Certificate
	dtls   *dtls.Conn
	sender *sender
}

func newPublisher() (*publisher, error) {
	sock, err := openSocket(dropRTCP)
	if err != nil {
		return nil, err
	}
	p := &publisher{sock: sock}
	if p.cert, err = selfsign.GenerateSelfSigned(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a certificate: %w", err), p.close())
	}
	p.agent, err = ice.NewAgentWithOptions(
		ice.WithUDPMux(ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: sock.UDPConn, Logger: silent.NewLogger("mux")})),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithIncludeLoopback(),
		ice.WithDisconnectedTimeout(0),
		ice.WithFailedTimeout(0),
		ice.WithKeepaliveInterval(keepalive),
		ice.WithLoggerFactory(silent),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make an ICE agent: %w", err), p.close())
	}
	return p, nil
}

// silent says nothing of what pion has to say.
var silent = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}

func (p *publisher) close() error {
	var faults []error
	if p.dtls != nil {
		faults = append(faults, p.dtls.Close())
	}
	if p.agent != nil {
		faults = append(faults, p.agent.Close())
	}
	if err := p.sock.Close(); !errors.Is(err, net.ErrClosed) {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (p *publisher) handle(r request) (a reply, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	switch {
	case r.Op == opOffer:
		a.SDP, err = p.offer(ctx)
	case r.Op == opConnect:
		err = p.connect(ctx, r.SDP, r.Profile)
	case r.Op == opSend && p.sender != nil:
		a, err = p.sender.do(r.Send)
	default:
		err = fmt.Errorf("a publisher can't %s now", r.Op)
	}
	return a, err
}

// offer gathers candidates and makes the offer.
func (p *publisher) offer(ctx context.Context) (string, error) {
	gathered := make(chan struct{})
	err := p.agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			close(gathered)
		}
	})
	if err := errors.Join(err, p.agent.GatherCandidates()); err != nil {
		return "", fmt.Errorf("gather candidates: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
	candidates, err := p.agent.GetLocalCandidates()
	if err != nil {
		return "", fmt.Errorf("list candidates: %w", err)
	}
	ufrag, pwd, err := p.agent.GetLocalUserCredentials()
	if err != nil {
		return "", fmt.Errorf("read the ICE credentials: %w", err)
	}
	return publisherOffer(ufrag, pwd, sha256.Sum256(p.cert.Certificate[0]), candidates), nil
}

// connect takes the answer, brings ICE and DTLS up with one SRTP profile, and
// makes the sender.
func (p *publisher) connect(ctx context.Context, answer string, profile dtls.SRTPProtectionProfile) error {
	a, err := readAnswer(answer)
	if err != nil {
		return err
	}
	for _, c := range a.candidates {
		if err := p.agent.AddRemoteCandidate(c); err != nil {
			return fmt.Errorf("take a candidate: %w", err)
		}
	}
	conn, err := p.agent.Dial(ctx, a.ufrag, a.pwd)
	if err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	if p.dtls, err = shake(ctx, conn, p.cert, profile, a.passive); err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	go p.drain()
	state, ok := p.dtls.ConnectionState()
	if !ok {
		return errors.New("DTLS: no connection state")
	}
	context, tag, err := srtpContext(&state, profile, a.passive)
	if err != nil {
		return err
	}
	pair, err := p.agent.GetSelectedCandidatePair()
	if err != nil {
		return fmt.Errorf("find the address of the server: %w", err)
	}
	ip, err := netip.ParseAddr(pair.Remote.Address())
	if err != nil {
		return fmt.Errorf("find the address of the server: %w", err)
	}
	p.sender = newSender(p.sock.fd, netip.AddrPortFrom(ip, uint16(pair.Remote.Port())), context, tag)
	return nil
}

// drain reads what DTLS brings, until it is closed.
func (p *publisher) drain() {
	var b [2048]byte
	for {
		if _, err := p.dtls.Read(b[:]); err != nil {
			return
		}
	}
}
