// Package web holds the browser client, built from the sources beside it, and
// serves it. Without a build (npm run build) it serves a page that says so.
package web

import (
	"embed"
	"io/fs"
)

// dist has at least its placeholder in every checkout, so that the package
// compiles before the client is built.
//
//go:embed all:dist
var dist embed.FS

// Assets returns the built client: index.html, hashed files in assets and
// rtc.js, the protocol client alone. It is all but empty if nothing was built.
func Assets() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for an invalid path
	}
	return sub
}
