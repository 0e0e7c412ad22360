// Package backup writes everything that an appliance keeps into one encrypted archive
// and reads it back: the rows of the database as of one instant, and directories of
// files. The archive is age's format (age-encryption.org/v1) around a gzipped tar,
// whose last file is the manifest: what is cut off or changed is noticed.
//
// It is built on internal/db; module: filippo.io/age.
package backup
