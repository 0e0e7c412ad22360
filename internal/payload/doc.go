// Package payload reads what RTP payload descriptors and the first bytes of a
// payload say about the frame that a packet belongs to, without touching the
// media itself: VP8 (RFC 7741), VP9 (RFC 9628), H.264 (RFC 6184,
// packetization-mode 1), AV1 (the AV1 RTP specification with its dependency
// descriptor header extension) and Opus (RFC 7587).
//
// Everything read is hostile: parsers never panic, never read outside of the
// given bytes and never allocate. They say false for what no receiver could
// use.
package payload
