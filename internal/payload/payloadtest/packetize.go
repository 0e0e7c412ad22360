package payloadtest

import (
	"bytes"
	"encoding/binary"
)

// Units splits Annex B into NAL units.
func Units(b []byte) [][]byte {
	var units [][]byte
	code := []byte{0, 0, 1}
	i := bytes.Index(b, code)
	for i >= 0 {
		b = b[i+3:]
		i = bytes.Index(b, code)
		unit := b
		if i >= 0 {
			unit = b[:i]
		}
		units = append(units, bytes.TrimRight(unit, "\x00"))
	}
	return units
}

// packetizeH264 puts the parameters into one packet, and each slice into one or,
// if it is larger than mtu, into fragments.
func packetizeH264(frame []byte, mtu int) []Packet {
	var list []Packet
	var parameters [][]byte
	for _, unit := range Units(frame) {
		switch kind := unit[0] & 0x1F; {
		case kind == 7 || kind == 8:
			parameters = append(parameters, unit)
			continue
		case kind != 1 && kind != 5:
			continue
		}
		if parameters != nil {
			list = append(list, Packet{Payload: stapA(parameters...)})
			parameters = nil
		}
		if len(unit) <= mtu {
			list = append(list, Packet{Payload: bytes.Clone(unit)})
			continue
		}
		for rest := unit[1:]; len(rest) > 0; {
			n := min(len(rest), mtu-2)
			header := unit[0] & 0x1F
			if len(rest) == len(unit)-1 {
				header |= 0x80
			}
			if n == len(rest) {
				header |= 0x40
			}
			list = append(list, Packet{Payload: append([]byte{unit[0]&0xE0 | 28, header}, rest[:n]...)})
			rest = rest[n:]
		}
	}
	return list
}

// packetizeAV1 writes each OBU of a temporal unit but its delimiter as an element of
// its own, cut where a packet is full.
func (s *Stream) packetizeAV1(at place, unit []byte, mtu int) []Packet {
	var list []Packet
	packet := []byte{0}
	if at.key {
		packet[0] = 0x08
	}
	flush := func(continues bool) {
		if continues {
			packet[0] |= 0x40
		}
		list = append(list, Packet{Payload: packet})
		packet = []byte{0}
		if continues {
			packet[0] = 0x80
		}
	}
	for _, obu := range obus(unit) {
		for rest := obu; len(rest) > 0; {
			room := mtu - len(packet) - 3
			if room < 16 {
				flush(len(rest) < len(obu))
				continue
			}
			n := min(len(rest), room)
			packet = appendLEB128(packet, n)
			packet = append(packet, rest[:n]...)
			rest = rest[n:]
			if len(rest) > 0 {
				flush(true)
			}
		}
	}
	flush(false)
	for i := range list {
		list[i].Dependency = s.dependency(at, i == 0, i == len(list)-1)
	}
	return list
}

// obus lists those of a temporal unit without size fields and delimiters.
func obus(b []byte) [][]byte {
	var list [][]byte
	for len(b) > 0 {
		header := 1
		if b[0]&4 != 0 {
			header = 2
		}
		size, n := leb128(b[header:])
		body := b[header+n : header+n+size]
		if kind := b[0] >> 3 & 15; kind != 2 {
			obu := append(bytes.Clone(b[:header]), body...)
			obu[0] &^= 2
			list = append(list, obu)
		}
		b = b[header+n+size:]
	}
	return list
}

func leb128(b []byte) (v, n int) {
	u, n := binary.Uvarint(b)
	return int(u), n
}

func appendLEB128(b []byte, v int) []byte { return binary.AppendUvarint(b, uint64(v)) }
