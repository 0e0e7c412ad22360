package protocol

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Encode writes a message of the server. re is the id of the request to which
// it is the reply, 0 for an event.
func Encode(m Message, seq, re uint64) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.name(), err)
	}
	out := make([]byte, 0, len(body)+64)
	out = append(out, `{"type":"`...)
	out = append(out, m.name()...)
	out = append(out, `","seq":`...)
	out = strconv.AppendUint(out, seq, 10)
	if re != 0 {
		out = append(out, `,"re":`...)
		out = strconv.AppendUint(out, re, 10)
	}
	if len(body) > len("{}") {
		out = append(out, ',')
	}
	return append(out, body[1:]...), nil
}
