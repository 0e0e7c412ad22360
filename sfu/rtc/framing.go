package rtc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxFrame is the longest packet taken from or put on a TCP connection.
const maxFrame = datagramSize

var errFrame = errors.New("frame is empty or too long")

// readFrame reads one packet of RFC 4571 framing, of at most limit bytes.
func readFrame(r io.Reader, limit int) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("read frame length: %w", err)
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n == 0 || n > limit {
		return nil, fmt.Errorf("%d bytes: %w", n, errFrame)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("read frame of %d bytes: %w", n, err)
	}
	return b, nil
}

// appendFrame appends packet in RFC 4571 framing to b.
func appendFrame(b, packet []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(packet)))
	return append(b, packet...)
}
