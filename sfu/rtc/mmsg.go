package rtc

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is the kernel's struct mmsghdr (recvmmsg(2), sendmmsg(2)).
type mmsghdr struct {
	unix.Msghdr
	n uint32 // bytes of the message
	_ [4]byte
}

// maxSegments is how many packets go to the kernel as one, so that a burst to
// one receiver is not longer than a sender that paces by the millisecond makes.
const maxSegments = 16

// segmentLimit is the longest packet that is sent in a run: a segment must fit
// into the path's MTU with its headers, and is not fragmented.
const segmentLimit = 1500 - 40 - 8

// controlSize holds two control messages with an int and one with a time.
const controlSize = 80

// putSegmentSize writes the control message that asks for segmentation.
func putSegmentSize(control *[controlSize]byte, size int) (length int) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(control))
	h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	*(*uint16)(unsafe.Pointer(&control[unix.CmsgLen(0)])) = uint16(size)
	return unix.CmsgSpace(2)
}

// arrival is what the kernel says of a received message.
type arrival struct {
	segment int    // size of its packets; 0: it is one packet
	at      int64  // when it came to the machine, Unix nanoseconds; 0: not told
	dropped uint32 // the socket's count of datagrams that found no space
	counted bool   // dropped is told
}

// readControl reads the control messages of a received message, those that are
// whole.
func readControl(control []byte) (a arrival) {
	for len(control) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		size := int(h.Len)
		if size < unix.CmsgLen(4) || size > len(control) {
			break
		}
		value := *(*uint32)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
		switch {
		case h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO:
			a.segment = int(value)
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL:
			a.dropped, a.counted = value, true
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && size == unix.CmsgLen(int(unsafe.Sizeof(unix.Timespec{}))):
			a.at = (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)])).Nano()
		}
		control = control[min(unix.CmsgSpace(size-unix.CmsgLen(0)), len(control)):]
	}
	return a
}
