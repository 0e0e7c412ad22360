// Package access says who may do what: the claims of tokens and the grants in
// them, the keys that sign tokens, and the invitation code of a server without
// configuration.
//
// Tokens are JWTs (RFC 7519) signed with HS256 (RFC 7518 section 3.2) and
// nothing else; a token that names another algorithm is refused unread. The
// package knows nothing of rooms or transports; it opens no socket, and its
// only files are those that LoadOrCreateKey and LoadOrCreateInvitation name.
package access
