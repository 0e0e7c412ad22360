// Package meetings keeps meetings: when they are, who is invited, who gets into their
// rooms and in what role, who was there. It knows people by a copy of the few fields that
// it shows, which Consume keeps current from the event log, and rooms by an opaque key.
//
// Every exported method that acts for somebody takes a Caller and asks access.Allow. What
// changes is announced in the event log in the same transaction. What happens in a running
// room is decided and remembered in memory and written down afterwards through an
// eventlog.Backlog, so that a call neither waits for the database nor ends with it.
//
// A meeting's times are wall-clock times in its zone; instants are computed from them when they are asked for.
// Recurrence is RFC 5545's, invitations are iTIP (RFC 5546) by mail (RFC 6047).
//
// Modules: github.com/teambition/rrule-go, github.com/emersion/go-ical, github.com/oklog/ulid/v2.
package meetings
