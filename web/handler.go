package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

// noncePlaceholder stands in index.html where each response gets a nonce.
const noncePlaceholder = "__CSP_NONCE__"

// Files smaller than this are not worth compressing.
const minCompressed = 1024

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Switchyard</title>
<p>The server runs, but its web client was not built. Build it with <code>make build</code> and start again.</p>
`

// file is one asset, ready to send.
type file struct {
	content     []byte
	compressed  []byte // nil: not worth it
	contentType string
	etag        string
	immutable   bool
}

// handler serves a fixed set of files from memory.
type handler struct {
	files map[string]file // by path without the leading slash
	index []byte          // nil: not built
}

// pages are the addresses at which the client has a page: the routes of
// src/pages/Pages.tsx.
var pages = []string{
	"signin", "setup", "reset", "confirm-email", "join", "meetings", "meetings/new", "profile", "selfcare", "settings", "release-notes",
	"admin/users", "admin/departments", "admin/settings", "admin/sso", "admin/flags", "admin/keys", "admin/audit", "admin/tenants",
}

// meetingPage matches the addresses of single meetings: their links, and where
// they are edited.
var meetingPage = regexp.MustCompile(`^(m/[0-9]{9}|meetings/[A-Za-z0-9]{1,64}/edit)$`)

// Handler serves the client with caching and a strict content security policy.
// The addresses of pages get index.html, since the client has its own routes;
// other paths that are no files are 404, with the client if a reader asks.
func Handler() http.Handler {
	h, err := newHandler(Assets())
	if err != nil {
		panic(err) // the files are in the binary: reading them does not fail
	}
	return h
}

func newHandler(assets fs.FS) (*handler, error) {
	h := &handler{files: make(map[string]file)}
	err := fs.WalkDir(assets, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(assets, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			h.index = content
			return nil
		}
		h.files[name], err = newFile(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load the web client: %w", err)
	}
	return h, nil
}

func newFile(name string, content []byte) (file, error) {
	sum := sha256.Sum256(content)
	f := file{
		content:     content,
		contentType: contentType(name),
		etag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
		immutable:   strings.HasPrefix(name, "assets/"),
	}
	if len(content) < minCompressed || !compressible(f.contentType) {
		return f, nil
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := w.Write(content); err != nil {
		return file{}, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return file{}, fmt.Errorf("compress %s: %w", name, err)
	}
	f.compressed = packed.Bytes()
	return f, nil
}

// contentType does not ask the system's tables, which differ between hosts.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".png":
		return "image/png"
	case ".webmanifest":
		return "application/manifest+json"
	case ".wasm":
		return "application/wasm"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || contentType == "image/svg+xml" || contentType == "application/json"
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if f, ok := h.files[name]; ok {
		serveFile(w, r, f)
		return
	}
	switch {
	case name == "", name == "index.html", slices.Contains(pages, name), meetingPage.MatchString(name):
		h.serveIndex(w, r, http.StatusOK)
	case wantsPage(r, name):
		h.serveIndex(w, r, http.StatusNotFound) // the client says so in the reader's language
	default:
		http.NotFound(w, r)
	}
}

// wantsPage tells a reader's address from a missing file.
func wantsPage(r *http.Request, name string) bool {
	return path.Ext(name) == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func serveFile(w http.ResponseWriter, r *http.Request, f file) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("ETag", f.etag)
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	content := f.content
	if f.compressed != nil {
		header.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			content = f.compressed
		}
	}
	if r.Header.Get("If-None-Match") == f.etag {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method == http.MethodGet {
		w.Write(content) // the reader has gone if this fails: nothing is left to do
	}
}

func (h *handler) serveIndex(w http.ResponseWriter, r *http.Request, status int) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), fullscreen=(self)")
	nonce := newNonce()
	header.Set("Content-Security-Policy", policy(r.Host, nonce))
	page := []byte(notBuilt)
	if h.index != nil {
		page = bytes.ReplaceAll(h.index, []byte(noncePlaceholder), []byte(nonce))
	}
	if h.index == nil {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		w.Write(page) // as above
	}
}

func newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

var plainHost = regexp.MustCompile(`^[A-Za-z0-9.\-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// policy allows what the client is made of and no more. Not every browser
// counts WebSockets to the page's own host as 'self', so they are named.
func policy(host, nonce string) string {
	connect := "'self'"
	if plainHost.MatchString(host) {
		connect += " ws://" + host + " wss://" + host
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob: mediastream:",
		"font-src 'self'",
		"manifest-src 'self'",
		"connect-src " + connect,
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; ")
}
