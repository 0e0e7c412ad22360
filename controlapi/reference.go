package controlapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed reference.html
var referenceText string

//go:embed reference.css
var referenceStyle string

// codeMeanings explain the codes of problems.
var codeMeanings = [][2]string{
	{"invalid", "Something in the request is not allowed; errors says what and where."},
	{"unauthenticated", "Nobody has signed in, or the session or key is void."},
	{"reauthenticate", "The operation wants a proof of who you are that is at most five minutes old."},
	{"second_factor", "The password was right; now the code of the second factor is needed."},
	{"wrong", "A password, passcode or code is wrong."},
	{"forbidden", "You may not do that."},
	{"not_found", "There is no such thing, or it is not yours to see."},
	{"conflict", "It is not in the state for that."},
	{"version_needed", "If-Match with the ETag that was read is missing."},
	{"version", "Somebody else has changed it since it was read."},
	{"gone", "It was there and is over: a link that was used, events that are forgotten."},
	{"too_large", "The body has too many bytes."},
	{"unsupported", "The Content-Type is not what the operation takes."},
	{"not_acceptable", "There is no answer of a type that Accept allows."},
	{"method", "The path has no such method."},
	{"busy", "Too many requests or guesses; Retry-After says when to come again."},
	{"unavailable", "It can't be done at this moment; Retry-After says when to come again."},
	{"internal", "A fault of the server; it is logged."},
}

// referenceOperation is an operation as the page shows it.
type referenceOperation struct {
	Method, Path, ID, Summary, Description string
	Parameters                             []referenceField
	Body                                   template.HTML
	Answers                                []referenceAnswer
}

type referenceField struct {
	Name, In, Type, About string
	Required              bool
}

type referenceAnswer struct {
	Status, About string
	Type          template.HTML
}

// serveReference is a page that people read, made of the same description that programs get. It needs no script and
// nothing from other hosts.
func (a *API) serveReference() http.Handler {
	var once sync.Once
	var page []byte
	var fault error
	sum := sha256.Sum256([]byte(referenceStyle))
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { page, fault = a.reference() })
		if fault != nil {
			a.deps.Log.Error("the reference could not be made", "error", fault)
			http.Error(w, "the reference could not be made", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		w.Write(page)
	})
}

func (a *API) reference() ([]byte, error) {
	doc := a.huma.OpenAPI()
	type chapter struct {
		*huma.Tag
		Operations []referenceOperation
	}
	chapters := make([]chapter, len(doc.Tags))
	for i, tag := range doc.Tags {
		chapters[i].Tag = tag
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[path]
			for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
				if o != nil && slices.Contains(o.Tags, tag.Name) {
					chapters[i].Operations = append(chapters[i].Operations, showOperation(o))
				}
			}
		}
	}
	type schema struct {
		Name   string
		Fields []referenceSchemaField
	}
	var schemas []schema
	all := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		schemas = append(schemas, schema{name, showFields(all[name])})
	}
	page, err := template.New("reference").Parse(referenceText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Info": doc.Info, "Style": template.CSS(referenceStyle), "Chapters": chapters, "Schemas": schemas, "Codes": codeMeanings,
	})
	return out.Bytes(), err
}

func showOperation(o *huma.Operation) referenceOperation {
	shown := referenceOperation{Method: o.Method, Path: o.Path, ID: o.OperationID, Summary: o.Summary, Description: o.Description}
	for _, p := range o.Parameters {
		shown.Parameters = append(shown.Parameters, referenceField{p.Name, p.In, plainType(p.Schema), p.Description + p.Schema.Description, p.Required})
	}
	if o.RequestBody != nil {
		for _, kind := range slices.Sorted(maps.Keys(o.RequestBody.Content)) {
			shown.Body += template.HTML(template.HTMLEscapeString(kind)+" ") + typeLink(o.RequestBody.Content[kind].Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		answer := referenceAnswer{Status: status, About: r.Description}
		for _, media := range r.Content {
			answer.Type = typeLink(media.Schema)
		}
		shown.Answers = append(shown.Answers, answer)
	}
	return shown
}

type referenceSchemaField struct {
	Name, About string
	Type        template.HTML
	Required    bool
}

func showFields(s *huma.Schema) []referenceSchemaField {
	var fields []referenceSchemaField
	for name, property := range s.Properties {
		fields = append(fields, referenceSchemaField{name, property.Description, typeLink(property), slices.Contains(s.Required, name)})
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	return fields
}

// typeLink is the type of a schema, with a link if it has a name.
func typeLink(s *huma.Schema) template.HTML {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		name := template.HTMLEscapeString(s.Ref[strings.LastIndex(s.Ref, "/")+1:])
		return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`)
	case s.Items != nil:
		return "list of " + typeLink(s.Items)
	}
	return template.HTML(template.HTMLEscapeString(plainType(s)))
}

func plainType(s *huma.Schema) string {
	parts := []string{s.Type}
	if s.Format != "" {
		parts = append(parts, "("+s.Format+")")
	}
	if len(s.Enum) > 0 {
		parts = append(parts, strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Enum...), " ", ", "), "[]"))
	}
	if s.Minimum != nil && s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("%g to %g", *s.Minimum, *s.Maximum))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		parts = append(parts, fmt.Sprintf("at most %d", *s.MaxItems))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(parts, " ")
}
