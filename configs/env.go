package configs

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// EnvPrefix begins the name of every environment variable that is read.
const EnvPrefix = "SWITCHYARD_"

// EnvFile names the configuration file when the command line does not.
const EnvFile = EnvPrefix + "CONFIG"

// EnvName is the environment variable of a key: SWITCHYARD_RTC_LISTEN of rtc.listen.
func EnvName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// applyEnviron puts SWITCHYARD_* variables over cfg. The items of a list are
// separated by commas. An empty value counts: it empties a text or a list.
func applyEnviron(cfg *Config, environ []string) error {
	values := variables(environ)
	var faults []error
	for _, leaf := range leaves(reflect.ValueOf(cfg).Elem(), "") {
		name := EnvName(leaf.path)
		text, ok := values[name]
		if !ok {
			continue
		}
		if leaf.value.Kind() == reflect.Slice {
			setList(leaf.value, text)
			continue
		}
		if err := setScalar(leaf.value, text); err != nil {
			if leaf.secret {
				err = errors.New("the value is not " + expected(leaf.value))
			}
			faults = append(faults, fmt.Errorf("environment %s: %w", name, err))
		}
	}
	return errors.Join(faults...)
}

func setList(into reflect.Value, text string) {
	list := reflect.MakeSlice(into.Type(), 0, 4)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = reflect.Append(list, reflect.ValueOf(item).Convert(into.Type().Elem()))
		}
	}
	into.Set(list)
}

// UnknownEnviron lists variables that look like ours and are not: misspelt
// ones, to be warned of.
func UnknownEnviron(environ []string) []string {
	cfg := Default()
	known := map[string]bool{EnvFile: true}
	for _, leaf := range leaves(reflect.ValueOf(&cfg).Elem(), "") {
		known[EnvName(leaf.path)] = true
	}
	var unknown []string
	for name := range variables(environ) {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// variables are those of the environment that begin with EnvPrefix.
func variables(environ []string) map[string]string {
	values := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, EnvPrefix) {
			values[name] = value
		}
	}
	return values
}
