package controlapi

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// prefixes keep apart what several services call by the same word.
var prefixes = map[string]string{"meetings": "Meeting", "webhooks": "Webhook", "calendars": "Calendar"}

// schemaName names a Go type in the description.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	prefix := prefixes[path.Base(t.PkgPath())]
	if prefix == "" || t.Name() == "" || strings.HasPrefix(name, prefix) {
		return name
	}
	return prefix + name
}
