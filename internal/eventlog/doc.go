// Package eventlog is the durable log of what people did and would miss. An event is
// appended in the transaction of the change that it tells, so that neither is ever
// without the other, and numbered without gaps in the order of the commits of its
// tenant: who has read up to a number has missed nothing before it. Everybody who
// wants to know reads the log: services follow it (Follow), event streams listen
// (Listen). A bus only wakes them.
//
// It is built on internal/db; modules: github.com/oklog/ulid/v2.
package eventlog
