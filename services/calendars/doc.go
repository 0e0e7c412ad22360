// Package calendars shows people what their calendars elsewhere say, beside their meetings here: iCalendar files
// behind an address (RFC 5545), CalDAV servers (RFC 4791) and Microsoft 365 (Graph). It only reads. What was fetched is kept in
// memory for some minutes and nowhere else; addresses, passwords and tokens are stored sealed.
//
// Each kind is a connector of one method. What comes from outside is bounded in bytes, time, events and
// recurrences, and wrong parts of it are left out rather than failing the whole. No goroutine outlives the call that
// started it.
package calendars
