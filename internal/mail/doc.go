// Package mail sends mail through an SMTP server. A mail is queued in the transaction
// of the change that calls for it, so that it goes out if and only if the change
// was made, and tried again for two days if the server does not take it.
//
// It is built on internal/db; modules: github.com/wneessen/go-mail, github.com/oklog/ulid/v2.
package mail
