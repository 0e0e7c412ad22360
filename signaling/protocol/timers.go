package protocol

import "time"

// Subprotocol is the WebSocket subprotocol of this version.
const Subprotocol = "switchyard.v1"

// The timers of section 2 of the document that are signaling's own.
const (
	HelloTimeout = 10 * time.Second // hello or resume must follow the upgrade
	PingInterval = 5 * time.Second  // client sends ping when it has sent nothing else
	IdleTimeout  = 20 * time.Second // server ends a socket that has sent nothing
	ResumeWindow = 30 * time.Second // client tries to resume, then joins anew
	RejoinWindow = 2 * time.Minute  // client tries to join anew
	WriteTimeout = 10 * time.Second // server waits for a client to read one message
)

// Limits.
const (
	MaxFrame         = 256 << 10 // bytes of one message of a client
	MaxUnacked       = 1024      // messages that a client may leave unacknowledged
	MaxUnackedBytes  = 1 << 20   // likewise, the snapshots in joined and moved apart
	MaxRate          = 100       // requests a second
	RateWindow       = 2 * time.Second
	MaxClient        = 128 // bytes of hello.client
	MaxRemoveReason  = 256 // bytes of remove.reason
	MaxDimension     = 16384
	MaxFPS           = 240
	MaxPriority      = 10
	DefaultPriority  = 5
	MaxSlotNameBytes = 64
)
