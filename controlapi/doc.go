// Package controlapi is the HTTP API: operations described by OpenAPI 3.1, the event
// stream, errors as problems (RFC 9457). It translates requests into calls of services and their
// answers and errors back, and decides nothing: who may do what is asked of package access by the services.
package controlapi
