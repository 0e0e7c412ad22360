// Package archtest holds no program code: its tests keep the whole tree to the
// rules of the house. Who may import whom, formatting, documentation of
// exported names, sizes of files, habits that a compiler does not check, and
// links in the documents. A rule that is in the way is changed here and in
// docs/architecture.md, in one commit that says why.
package archtest
