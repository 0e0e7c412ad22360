// Package protocol holds the types of every message between a client and the
// WebSocket session at GET /rtc, version 1, as docs/protocol.md specifies them,
// and reads and writes them. A test keeps document and types the same.
//
// A field whose tag has omitempty or omitzero is one that the document marks
// with a question mark: it may be absent. Reading is strict about types and
// ignores fields that it does not know. The package has no state and starts
// nothing.
package protocol
