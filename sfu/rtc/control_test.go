package rtc

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlMessage is one of the kernel's.
func controlMessage(level, kind int32, value ...byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(value)))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(len(value)))
	copy(b[unix.CmsgLen(0):], value)
	return b
}

// FuzzControl: whatever the kernel says is read within its bounds.
func FuzzControl(f *testing.F) {
	segment := controlMessage(unix.IPPROTO_UDP, unix.UDP_GRO, 0xb0, 4, 0, 0)
	dropped := controlMessage(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 7, 0, 0, 0)
	other := controlMessage(unix.SOL_SOCKET, unix.SO_TIMESTAMP, make([]byte, 16)...)
	f.Add(segment)
	f.Add(append(bytes.Clone(dropped), segment...))
	f.Add(append(append(bytes.Clone(other), segment...), dropped...))
	f.Add(append(controlMessage(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, append(make([]byte, 15), 9)...), segment...))
	f.Add(segment[:len(segment)-5])
	f.Add(append(bytes.Clone(dropped), segment[:18]...))
	f.Add(controlMessage(unix.IPPROTO_UDP, unix.UDP_GRO))
	f.Add(binary.NativeEndian.AppendUint64(nil, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := readControl(slices.Clip(b))
		var want arrival
		for rest := b; len(rest) >= unix.CmsgLen(0); {
			n := binary.NativeEndian.Uint64(rest)
			if n < uint64(unix.CmsgLen(4)) || n > uint64(len(rest)) {
				break // none that is whole and says something
			}
			value := binary.NativeEndian.Uint32(rest[unix.CmsgLen(0):])
			switch [2]uint32{binary.NativeEndian.Uint32(rest[8:]), binary.NativeEndian.Uint32(rest[12:])} {
			case [2]uint32{unix.IPPROTO_UDP, unix.UDP_GRO}:
				want.segment = int(value)
			case [2]uint32{unix.SOL_SOCKET, unix.SO_RXQ_OVFL}:
				want.dropped, want.counted = value, true
			case [2]uint32{unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS}:
				if n == uint64(unix.CmsgLen(16)) {
					seconds, nanoseconds := binary.NativeEndian.Uint64(rest[16:]), binary.NativeEndian.Uint64(rest[24:])
					want.at = int64(seconds)*1e9 + int64(nanoseconds)
				}
			}
			rest = rest[min((n+7)&^7, uint64(len(rest))):]
		}
		if got != want {
			t.Fatalf("% x: %+v, not %+v", b, got, want)
		}
	})
}
