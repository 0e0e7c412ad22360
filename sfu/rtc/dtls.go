package rtc

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"

	"switchyard/internal/srtp"
)

// flightInterval is when a handshake flight is first sent again (RFC 6347
// section 4.2.4 suggests a second; people wait for a meeting to open, so this is
// closer to a round trip). It doubles with every repetition.
const flightInterval = 100 * time.Millisecond

// The one address that DTLS sees: the path is ICE's concern.
var dtlsPeer = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 9)

// fingerprint is the digest of a client's certificate as its offer gives it.
type fingerprint struct {
	hash   string // sha-256, sha-384 or sha-512
	digest []byte
}

// matches reports, in constant time, whether cert has this fingerprint.
func (f fingerprint) matches(cert []byte) bool {
	switch f.hash {
	case "sha-256":
		sum := sha256.Sum256(cert)
		return subtle.ConstantTimeCompare(sum[:], f.digest) == 1
	case "sha-384":
		sum := sha512.Sum384(cert)
		return subtle.ConstantTimeCompare(sum[:], f.digest) == 1
	case "sha-512":
		sum := sha512.Sum512(cert)
		return subtle.ConstantTimeCompare(sum[:], f.digest) == 1
	}
	return false
}

// identity is the server's certificate, shared by all peers.
type identity struct {
	cert        tls.Certificate
	fingerprint string // for the answer: sha-256 AB:CD:…
}

func newIdentity() (*identity, error) {
	cert, err := selfsign.GenerateSelfSigned() // ECDSA P-256
	if err != nil {
		return nil, fmt.Errorf("make the DTLS certificate: %w", err)
	}
	sum := sha256.Sum256(cert.Certificate[0])
	return &identity{cert, "sha-256 " + hexColons(sum[:])}, nil
}

// hexColons writes b as RFC 8122 wants it.
func hexColons(b []byte) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 3*len(b))
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

var errFingerprint = errors.New("the client's certificate has none of the fingerprints of its offer")

// dtlsSide is the DTLS side of a peer, always the server.
type dtlsSide struct {
	conn *dtls.Conn
	pipe *queueConn
}

// newDTLSSide makes the connection; nothing happens before shake.
func newDTLSSide(s *Server, prints []fingerprint, write func([]byte, netip.AddrPort) error) (*dtlsSide, error) {
	remote := net.UDPAddrFromAddrPort(dtlsPeer)
	pipe := newQueueConn(remote, &s.counts.mediaFromPion, write)
	conn, err := dtls.ServerWithOptions(pipe, remote,
		dtls.WithCertificates(s.identity.cert),
		dtls.WithCipherSuites(
			dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		),
		dtls.WithSRTPProtectionProfiles(
			dtls.SRTP_AEAD_AES_128_GCM,
			dtls.SRTP_AEAD_AES_256_GCM,
			dtls.SRTP_AES128_CM_HMAC_SHA1_80,
		),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithInsecureSkipVerify(true), // certificates are self-signed; the fingerprint is what counts
		dtls.WithVerifyPeerCertificate(func(certs [][]byte, _ [][]*x509.Certificate) error {
			if len(certs) == 0 {
				return errFingerprint
			}
			for _, f := range prints {
				if f.matches(certs[0]) {
					return nil
				}
			}
			return errFingerprint
		}),
		dtls.WithExtendedMasterSecret(dtls.RequestExtendedMasterSecret),
		dtls.WithFlightInterval(flightInterval),
		// ICE has shown that the client is where it says; a cookie would cost a round trip.
		dtls.WithInsecureSkipVerifyHello(true),
		dtls.WithReplayProtectionWindow(64),
		dtls.WithLoggerFactory(silentLogs{}),
	)
	if err != nil {
		return nil, fmt.Errorf("make the DTLS connection: %w", err)
	}
	return &dtlsSide{conn: conn, pipe: pipe}, nil
}

// shake performs the handshake and returns the SRTP keys that it made.
func (d *dtlsSide) shake(ctx context.Context) (srtpKeys, error) {
	if err := d.conn.HandshakeContext(ctx); err != nil {
		return srtpKeys{}, fmt.Errorf("DTLS handshake: %w", err)
	}
	profile, ok := d.conn.SelectedSRTPProtectionProfile()
	if !ok {
		return srtpKeys{}, errors.New("DTLS handshake: no SRTP profile in common")
	}
	state, ok := d.conn.ConnectionState()
	if !ok {
		return srtpKeys{}, errors.New("DTLS handshake: no connection state")
	}
	return exportKeys(&state, srtp.Profile(profile))
}

// exportKeys takes the master keys and salts from the connection (RFC 5764
// section 4.2): the client's, which is the peer, come first.
func exportKeys(state *dtls.State, profile srtp.Profile) (srtpKeys, error) {
	key, salt := profile.KeyLen(), profile.SaltLen()
	if key == 0 {
		return srtpKeys{}, fmt.Errorf("DTLS handshake: SRTP profile %v is not known", profile)
	}
	b, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(key+salt))
	if err != nil {
		return srtpKeys{}, fmt.Errorf("export SRTP keys: %w", err)
	}
	return srtpKeys{
		profile: profile,
		peerKey: b[:key], localKey: b[key : 2*key],
		peerSalt: b[2*key : 2*key+salt], localSalt: b[2*key+salt:],
	}, nil
}

// drain reads until the client closes the connection. There is no data in it:
// data channels are not offered.
func (d *dtlsSide) drain() {
	var b [maxFrame]byte
	for {
		if _, err := d.conn.Read(b[:]); err != nil {
			return
		}
	}
}

// close says goodbye to the client and ends shake and drain.
func (d *dtlsSide) close() {
	d.conn.Close()
	d.pipe.Close()
}
