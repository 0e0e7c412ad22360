package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/srtp/v3"
)

// shake brings up DTLS with one SRTP profile, as the client or as the server.
func shake(ctx context.Context, conn net.Conn, cert tls.Certificate, profile dtls.SRTPProtectionProfile, client bool) (*dtls.Conn, error) {
	both := []dtls.Option{
		dtls.WithCertificates(cert),
		dtls.WithSRTPProtectionProfiles(profile),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // the other side is a child of the same program
		dtls.WithLoggerFactory(silent),
	}
	var asClient []dtls.ClientOption
	asServer := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true)}
	for _, o := range both {
		asClient, asServer = append(asClient, o), append(asServer, o)
	}
	packets := dtlsnet.PacketConnFromConn(conn)
	var c *dtls.Conn
	var err error
	if client {
		c, err = dtls.ClientWithOptions(packets, conn.RemoteAddr(), asClient...)
	} else {
		c, err = dtls.ServerWithOptions(packets, conn.RemoteAddr(), asServer...)
	}
	if err != nil {
		return nil, err
	}
	return c, c.HandshakeContext(ctx)
}

// srtpContext makes the context that seals what this side sends, and says how
// long the tag of a packet is.
func srtpContext(state *dtls.State, profile dtls.SRTPProtectionProfile, client bool) (c *srtp.Context, tag int, err error) {
	config := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := config.ExtractSessionKeysFromDTLS(state, client); err != nil {
		return nil, 0, fmt.Errorf("export SRTP keys: %w", err)
	}
	if c, err = srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile); err != nil {
		return nil, 0, fmt.Errorf("make an SRTP context: %w", err)
	}
	short, err := config.Profile.AuthTagRTPLen()
	if err != nil {
		return nil, 0, fmt.Errorf("read the SRTP profile: %w", err)
	}
	long, err := config.Profile.AEADAuthTagLen()
	if err != nil {
		return nil, 0, fmt.Errorf("read the SRTP profile: %w", err)
	}
	return c, max(short, long), nil
}
