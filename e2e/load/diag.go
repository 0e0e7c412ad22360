package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// mediaSocket is the server's UDP port as the kernel sees it.
type mediaSocket struct {
	receive, send int // bytes of buffers; the kernel doubles what is asked for
	drops         int // datagrams that did not fit, since the port was opened
	sockets       int // that share the port
}

// mediaSocket asks the kernel (sock_diag(7)). Of several sockets on the port the
// smallest buffers and the sum of drops count.
func (s *server) mediaSocket() (m mediaSocket, err error) {
	for _, family := range []uint8{unix.AF_INET6, unix.AF_INET} {
		err = errors.Join(err, eachUDP(family, func(port int, memory []byte) {
			const receiveBuffer, sendBuffer, drops = 1, 3, 8 // SK_MEMINFO_…
			if port != s.media || len(memory) < 4*(drops+1) {
				return
			}
			field := func(i int) int { return int(binary.NativeEndian.Uint32(memory[4*i:])) }
			if m.sockets == 0 {
				m.receive, m.send = field(receiveBuffer), field(sendBuffer)
			}
			m.receive, m.send = min(m.receive, field(receiveBuffer)), min(m.send, field(sendBuffer))
			m.drops += field(drops)
			m.sockets++
		}))
	}
	if err == nil && m.sockets == 0 {
		err = fmt.Errorf("the kernel shows no socket on UDP port %d", s.media)
	}
	return m, err
}

const (
	sockDiagByFamily = 20
	diagMemory       = 7  // INET_DIAG_SKMEMINFO
	diagMessage      = 72 // size of struct inet_diag_msg
)

// eachUDP calls with the local port and the SK_MEMINFO of each UDP socket.
func eachUDP(family uint8, call func(port int, memory []byte)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("ask the kernel for sockets: %w", err)
	}
	defer unix.Close(fd)
	request := make([]byte, unix.SizeofNlMsghdr+56) // struct inet_diag_req_v2
	binary.NativeEndian.PutUint32(request, uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	body := request[unix.SizeofNlMsghdr:]
	body[0], body[1], body[2] = family, unix.IPPROTO_UDP, 1<<(diagMemory-1)
	binary.NativeEndian.PutUint32(body[4:], ^uint32(0)) // all states
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask the kernel for sockets: %w", err)
	}
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return fmt.Errorf("hear of sockets: %w", err)
		}
		done, err := readUDP(buffer[:n], call)
		if done || err != nil {
			return err
		}
	}
}

// readUDP reads one datagram of netlink messages; done: it was the last one.
func readUDP(b []byte, call func(port int, memory []byte)) (done bool, err error) {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return true, errors.New("hear of sockets: a message is cut short")
		}
		message := b[unix.SizeofNlMsghdr:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return true, errors.New("hear of sockets: the kernel has no sock_diag for UDP")
		}
		if len(message) >= diagMessage {
			port := int(binary.BigEndian.Uint16(message[4:]))
			for rest := message[diagMessage:]; len(rest) >= 4; {
				length := int(binary.NativeEndian.Uint16(rest))
				if length < 4 || length > len(rest) {
					break
				}
				if binary.NativeEndian.Uint16(rest[2:]) == diagMemory {
					call(port, rest[4:length])
				}
				rest = rest[min(len(rest), (length+3)&^3):]
			}
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return false, nil
}
