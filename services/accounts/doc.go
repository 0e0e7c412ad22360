// Package accounts keeps tenants and the people in them: users, departments, how
// they sign in (password, second factor, single sign-on), their sessions, the API keys
// of other services, feature flags, settings and the audit log.
//
// Every exported method that acts for somebody takes the access.Principal and asks
// access.Allow before it does anything. Changes are announced in the event log in
// the same transaction. Secrets (passwords, session secrets, API keys, recovery codes, one-time
// links) are stored as hashes; what has to be read again (TOTP secrets, the secret of the
// identity provider) is sealed with a key that is not in the database.
package accounts
