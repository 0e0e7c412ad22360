package protocol

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Header is what every request has.
type Header struct {
	Type string `json:"type"`
	ID   uint64 `json:"id"`
	Ack  uint64 `json:"ack,omitempty"` // highest seq that the client has handled
}

// Decode reads a client's message. With an error the header holds what of it
// could be read, so that the error can be the reply to it. Unsupported is the
// error for a type that is not known.
func Decode(data []byte) (Header, Request, *Error) {
	var h Header
	fields, ok := object(data)
	if !ok || !utf8.Valid(data) {
		return h, nil, Errorf(BadMessage, "the message is not a JSON object in UTF-8")
	}
	if err := bind(fields["id"], reflect.ValueOf(&h.ID).Elem(), "id"); err != nil || h.ID == 0 {
		return h, nil, Fieldf(BadMessage, "id", "id is not a positive integer")
	}
	if err := bind(fields["type"], reflect.ValueOf(&h.Type).Elem(), "type"); err != nil || h.Type == "" {
		return h, nil, Fieldf(BadMessage, "type", "type is not a text")
	}
	if err := bind(fields["ack"], reflect.ValueOf(&h.Ack).Elem(), "ack"); err != nil {
		err.Code = BadMessage
		return h, nil, err
	}
	r := newRequest(h.Type)
	if r == nil {
		return h, nil, Fieldf(Unsupported, "type", "%.64q is not a request of this protocol", h.Type)
	}
	if err := bindFields(fields, reflect.ValueOf(r).Elem(), ""); err != nil {
		return h, nil, err
	}
	return h, r, nil
}

func object(data []byte) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, false
	}
	return fields, true
}

// bind sets v to the JSON value raw. Absent and null leave it as it is.
func bind(raw json.RawMessage, v reflect.Value, path string) *Error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if err := bind(raw, p.Elem(), path); err != nil {
			return err
		}
		v.Set(p)
	case reflect.Struct:
		fields, ok := object(raw)
		if !ok {
			return wrongType(path, raw, "an object")
		}
		return bindFields(fields, v, path)
	case reflect.Slice:
		var items []json.RawMessage
		if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
			return wrongType(path, raw, "an array")
		}
		list := reflect.MakeSlice(v.Type(), len(items), len(items))
		for i, item := range items {
			at := fmt.Sprintf("%s[%d]", path, i)
			if string(item) == "null" {
				return wrongType(at, item, describe(v.Type().Elem().Kind()))
			}
			if err := bind(item, list.Index(i), at); err != nil {
				return err
			}
		}
		v.Set(list)
	case reflect.String:
		var s string
		if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			return wrongType(path, raw, "a text")
		}
		v.SetString(s)
	case reflect.Bool:
		if raw[0] != 't' && raw[0] != 'f' {
			return wrongType(path, raw, "true or false")
		}
		v.SetBool(raw[0] == 't')
	default:
		return bindInteger(raw, v, path)
	}
	return nil
}

// bindFields sets the fields of a struct. A text or a truth value that is not
// optional must be there; numbers are 0 and lists empty by themselves.
func bindFields(fields map[string]json.RawMessage, v reflect.Value, path string) *Error {
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		at := name
		if path != "" {
			at = path + "." + name
		}
		raw := fields[name]
		if err := bind(raw, v.Field(i), at); err != nil {
			return err
		}
		required := options == "" && (v.Field(i).Kind() == reflect.String || v.Field(i).Kind() == reflect.Bool)
		if required && (len(raw) == 0 || string(raw) == "null") {
			return Fieldf(BadField, at, "%s is missing", at)
		}
	}
	return nil
}

const maxSafe = 1 << 53 // beyond, a JavaScript number is not exact

func bindInteger(raw json.RawMessage, v reflect.Value, path string) *Error {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && !math.IsInf(f, 0) || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') || !math.IsInf(f, 0) && f != math.Trunc(f) {
		return wrongType(path, raw, "an integer")
	}
	outside := f >= maxSafe || f <= -maxSafe
	switch {
	case outside:
	case v.CanUint():
		if outside = f < 0 || v.OverflowUint(uint64(f)); !outside {
			v.SetUint(uint64(f))
		}
	default:
		if outside = v.OverflowInt(int64(f)); !outside {
			v.SetInt(int64(f))
		}
	}
	if outside {
		return Fieldf(BadField, path, "%.40s is out of range", raw)
	}
	return nil
}

func wrongType(path string, raw json.RawMessage, want string) *Error {
	found := "a number"
	switch raw[0] {
	case '{':
		found = "an object"
	case '[':
		found = "an array"
	case '"':
		found = "a text"
	case 't', 'f':
		found = "a truth value"
	case 'n':
		found = "null"
	}
	return Fieldf(BadMessage, path, "%s is %s, not %s", path, found, want)
}

func describe(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a text"
	case reflect.Struct:
		return "an object"
	}
	return "an integer"
}
