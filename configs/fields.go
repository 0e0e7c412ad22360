package configs

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Configuration structs hold sections (structs), scalars (string, bool, int,
// time.Duration) and lists of strings, each with a yaml tag. A field tagged
// `secret:"true"` is never printed.

func keyOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, keyOf(t.Field(i)))
	}
	return keys
}

func fieldOf(section reflect.Value, key string) (reflect.Value, bool) {
	for i := range section.NumField() {
		if keyOf(section.Type().Field(i)) == key {
			return section.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// leaf is one key that holds a value.
type leaf struct {
	path   string // "rtc.listen"
	value  reflect.Value
	secret bool
}

// leaves lists the keys of a section in their order.
func leaves(section reflect.Value, path string) []leaf {
	var list []leaf
	for i := range section.NumField() {
		field := section.Type().Field(i)
		full := join(path, keyOf(field))
		if field.Type.Kind() == reflect.Struct {
			list = append(list, leaves(section.Field(i), full)...)
			continue
		}
		list = append(list, leaf{full, section.Field(i), field.Tag.Get("secret") == "true"})
	}
	return list
}

var durationType = reflect.TypeFor[time.Duration]()

// setScalar parses text into a value that is not a section or list.
func setScalar(into reflect.Value, text string) error {
	wrong := fmt.Errorf("%q is not %s", text, expected(into))
	switch {
	case into.Type() == durationType:
		v, err := time.ParseDuration(text)
		if err != nil {
			return wrong
		}
		into.SetInt(int64(v))
	case into.Kind() == reflect.String:
		into.SetString(text)
	case into.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return wrong
		}
		into.SetBool(text == "true")
	case into.CanInt():
		v, err := strconv.ParseInt(text, 10, into.Type().Bits())
		if err != nil {
			return wrong
		}
		into.SetInt(v)
	case into.CanFloat():
		v, err := strconv.ParseFloat(text, into.Type().Bits())
		if err != nil {
			return wrong
		}
		into.SetFloat(v)
	default:
		return fmt.Errorf("a %s can't be configured", into.Type())
	}
	return nil
}

func expected(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return "a duration like 500ms, 30s or 2m"
	case v.Kind() == reflect.String:
		return "a text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return "an integer"
	case v.CanFloat():
		return "a number"
	}
	return "a value"
}
