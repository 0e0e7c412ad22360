package controlapi

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The character U+0000 is in no text of people, and not every database takes it.

var errNUL = errors.New("the character U+0000 is not allowed")

// strictJSON refuses it in bodies.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if bytes.Contains(data, []byte(`\u0000`)) {
			return errNUL
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	},
}

// checkAddress refuses it in paths and queries.
func checkAddress(r *http.Request) *Problem {
	if strings.Contains(r.URL.Path, "\x00") {
		return invalid("path", "", errNUL.Error())
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return invalid("query", "", "cannot be read")
	}
	for name, values := range query {
		for _, value := range append(values, name) {
			if strings.Contains(value, "\x00") {
				return invalid("query."+strings.ReplaceAll(name, "\x00", ""), "", errNUL.Error())
			}
		}
	}
	return nil
}
