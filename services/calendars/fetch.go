package calendars

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"switchyard/internal/outbound"
)

const (
	maxBytes   = 10 << 20 // of one answer
	fetchLimit = 20 * time.Second
	maxFetches = 16 // at once, of all users
	maxOfOne   = 4  // at once, of one
)

// fetching runs a fetch when there is room for one more, within its time limit.
func (s *Service) fetching(ctx context.Context, fetch func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return problem(ProblemTimeout, ctx.Err(), "too many calendars are being read at once")
	}
	return fetch(ctx)
}

// fetcher makes requests for one calendar. It is the HTTP client that go-webdav wants.
type fetcher struct {
	client         *http.Client
	user, password string
}

// Do adds the sign-in and keeps answers small. Its errors can be told to people.
func (f fetcher) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", "Switchyard-Calendars/1")
	if f.user != "" {
		r.SetBasicAuth(f.user, f.password)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, unreachable(err)
	}
	answer.Body = &bounded{answer.Body, maxBytes}
	return answer, nil
}

// bounded is a body of so many bytes at most.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, problem(ProblemSize, nil, "the calendar has more than %d MB", maxBytes>>20)
	}
	return n, err
}

// judge says what is wrong with a status.
func judge(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return problem(ProblemSignIn, nil, "the server does not accept the user and password (it answers %d)", status)
	case status == http.StatusNotFound || status == http.StatusGone:
		return problem(ProblemNotFound, nil, "there is nothing at that address (the server answers %d)", status)
	}
	return problem(ProblemServer, nil, "the server answers %d %s", status, http.StatusText(status))
}

// unreachable says why there is no answer, without the address, which may be a secret.
func unreachable(err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var about *url.Error
	var known *ConnectError
	if errors.As(err, &known) {
		return err
	}
	if errors.As(err, &about) {
		err = about.Err
	}
	var network net.Error
	switch {
	case errors.Is(err, outbound.ErrAddress):
		return problem(ProblemAddress, err, "the address is not on the public internet, and this server is not set up to go there")
	case errors.As(err, &name) && name.IsNotFound:
		return problem(ProblemUnreachable, err, "there is no server of that name")
	case errors.As(err, &certificate):
		return problem(ProblemUnreachable, err, "the server's certificate is not valid: %v", certificate.Err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return problem(ProblemTimeout, err, "the server does not answer in time")
	}
	return problem(ProblemUnreachable, err, "the server can't be reached: %s", short(err))
}

func short(err error) string {
	text := err.Error()
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return text
}

// file is the text of a calendar with what says which version it is.
type file struct {
	text, etag, modified string
}

// get fetches a file, or finds that the one it has is still right.
func (f fetcher) get(ctx context.Context, address string, have file) (file, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return file{}, fmt.Errorf("ask for a calendar: %w", err)
	}
	request.Header.Set("Accept", "text/calendar, */*;q=0.5")
	if have.etag != "" {
		request.Header.Set("If-None-Match", have.etag)
	} else if have.modified != "" {
		request.Header.Set("If-Modified-Since", have.modified)
	}
	answer, err := f.Do(request)
	if err != nil {
		return file{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotModified && have.text != "" {
		return have, nil
	}
	if err := judge(answer.StatusCode); err != nil {
		return file{}, err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return file{}, unreachable(err)
	}
	return file{string(text), answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")}, nil
}
