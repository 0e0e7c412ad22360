package protocol

import (
	"encoding/json"
	"time"
)

// List is a JSON array that is never null.
type List[T any] []T

// MarshalJSON writes an empty array for nil.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}

// Time is written in UTC with milliseconds (RFC 3339).
type Time struct{ time.Time }

// MarshalJSON writes the time as the document says.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}
