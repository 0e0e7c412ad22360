package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
)

// SendDue is what Run does whenever it looks.
func (o *Outbox) SendDue(ctx context.Context) (int, error) { return o.sendDue(ctx) }

// Trust has the SMTP trust certificates that are made for a test.
func (s *SMTP) Trust(pool *x509.CertPool) error {
	return s.client.SetTLSConfig(&tls.Config{ServerName: "127.0.0.1", RootCAs: pool, MinVersion: tls.VersionTLS12})
}
