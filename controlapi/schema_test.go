package controlapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is the served OpenAPI document, as somebody else's tools see it.
type description struct {
	doc      map[string]any
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

const docURL = "mem:///openapi.json"

func describe(t testing.TB, r *rig) *description {
	t.Helper()
	c := r.stranger(t)
	_, text := c.do("GET", r.server.URL+"/openapi.json", "")
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	d := &description{doc: doc.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(docURL, doc); err != nil {
		t.Fatal(err)
	}
	return d
}

// described is one operation of the document.
type described struct {
	method, path, id string
	operation        map[string]any
}

func (d *description) operations() []described {
	var all []described
	for path, item := range d.doc["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			o := operation.(map[string]any)
			all = append(all, described{strings.ToUpper(method), path, o["operationId"].(string), o})
		}
	}
	slices.SortFunc(all, func(a, b described) int { return strings.Compare(a.id, b.id) })
	return all
}

func pointer(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part)))
	}
	return b.String()
}

func at(v any, parts ...string) any {
	for _, part := range parts {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[part]
	}
	return v
}

// judge says what is wrong with a response, if anything: its status, type and body have to be described.
func (d *description) judge(o described, response *http.Response, body []byte) error {
	if response.StatusCode == http.StatusInternalServerError {
		return fmt.Errorf("status 500: %s", body)
	}
	status := fmt.Sprint(response.StatusCode)
	told := at(o.operation, "responses", status)
	if told == nil {
		return fmt.Errorf("status %s is not described: %s", status, body)
	}
	content, _ := at(told, "content").(map[string]any)
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("status %s has no described body, but: %s", status, body)
		}
		return nil
	}
	if content[kind] == nil {
		return fmt.Errorf("status %s: type %q is not described", status, kind)
	}
	if !strings.Contains(kind, "json") {
		return nil
	}
	where := docURL + "#" + pointer("paths", o.path, strings.ToLower(o.method), "responses", status, "content", kind, "schema")
	schema := d.schemas[where]
	if schema == nil {
		var err error
		if schema, err = d.compiler.Compile(where); err != nil {
			return err
		}
		d.schemas[where] = schema
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("status %s: %w: %s", status, err, body)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("status %s: %w: %s", status, err, body)
	}
	return nil
}

// guesser makes values that fit a schema, or nearly.
type guesser struct {
	*rand.Rand
	d   *description
	ids []string // that exist
}

func (g *guesser) resolve(schema any) map[string]any {
	for {
		m, _ := schema.(map[string]any)
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		schema = at(g.d.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
}

func number(v any, otherwise float64) float64 {
	if n, ok := v.(json.Number); ok {
		f, _ := n.Float64()
		return f
	}
	return otherwise
}

var texts = []string{"", "a", "Ada", "ada@example.org", "2026-03-29T02:30:00Z", "Europe/Amsterdam", "FREQ=WEEKLY;BYDAY=MO", "https://example.org/x", "日本", "\u0000", "'; DROP TABLE user_account; --", "%_\\", "../../etc/passwd", "041988241", "\r\nBcc: x@example.org", "en", "1"}

// value makes one; wrong says how often it does not fit.
func (g *guesser) value(schema any, depth int, wrong float64) any {
	s := g.resolve(schema)
	if g.Float64() < wrong {
		return []any{nil, true, 7.5, -1, strings.Repeat("x", 5000), []any{}, map[string]any{"a": 1}, "\u0000", 1e300}[g.IntN(9)]
	}
	if options, ok := s["enum"].([]any); ok {
		return options[g.IntN(len(options))]
	}
	if both, ok := s["anyOf"].([]any); ok {
		return g.value(both[g.IntN(len(both))], depth, wrong)
	}
	kind, _ := s["type"].(string)
	if several, ok := s["type"].([]any); ok {
		kind, _ = several[g.IntN(len(several))].(string)
	}
	switch kind {
	case "boolean":
		return g.IntN(2) == 0
	case "integer", "number":
		low, high := number(s["minimum"], -3), number(s["maximum"], 1000)
		return int(low) + g.IntN(max(1, int(high-low)+1))
	case "string":
		if len(g.ids) > 0 && g.IntN(4) == 0 {
			return g.ids[g.IntN(len(g.ids))]
		}
		if s["format"] == "date-time" {
			return fmt.Sprintf("20%02d-0%d-1%dT1%d:00:00Z", 20+g.IntN(20), 1+g.IntN(9), g.IntN(9), g.IntN(9))
		}
		text := texts[g.IntN(len(texts))]
		for len(text) < int(number(s["minLength"], 0)) {
			text += "x7"
		}
		return text
	case "array":
		if depth > 4 {
			return []any{}
		}
		items := []any{}
		for range int(number(s["minItems"], 0)) + g.IntN(3) {
			items = append(items, g.value(s["items"], depth+1, wrong))
		}
		return items
	case "object", "":
		out := map[string]any{}
		properties, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		for name, property := range properties {
			needed := slices.Contains(required, any(name))
			if needed && g.Float64() >= wrong || !needed && g.IntN(2) == 0 && depth < 5 {
				out[name] = g.value(property, depth+1, wrong)
			}
		}
		if g.Float64() < wrong {
			out["surprise"] = 1
		}
		return out
	}
	return nil
}

// request makes one of an operation.
func (g *guesser) request(o described, wrong float64) (path, body string, headers []string) {
	path = o.path
	query := url.Values{}
	parameters, _ := o.operation["parameters"].([]any)
	for _, p := range parameters {
		name, in := at(p, "name").(string), at(p, "in").(string)
		value := fmt.Sprint(g.value(at(p, "schema"), 0, wrong))
		switch in {
		case "path":
			if g.IntN(3) > 0 && len(g.ids) > 0 && !strings.Contains(name, "size") {
				value = g.ids[g.IntN(len(g.ids))]
			}
			if value == "" || value == "." || value == ".." {
				value = "x"
			}
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
		case "query":
			if g.IntN(2) == 0 || at(p, "required") == true {
				query.Set(name, value)
			}
		case "header":
			if name == "If-Match" && g.IntN(4) > 0 {
				value = []string{"*", `"1"`, `"2"`, "W/\"1\""}[g.IntN(4)]
			}
			headers = append(headers, name, strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return -1
				}
				return r
			}, value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if schema := at(o.operation, "requestBody", "content", "application/json", "schema"); schema != nil {
		text, _ := json.Marshal(g.value(schema, 0, wrong))
		body = string(text)
		if g.Float64() < wrong/3 {
			body = body[:g.IntN(len(body)+1)]
		}
	}
	return path, body, headers
}

// TestEveryOperationKeepsToItsDescription: whatever is asked, nothing answers 500 or with
// something that is not described.
func TestEveryOperationKeepsToItsDescription(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := describe(t, r)
		rounds := 30
		if testing.Short() {
			rounds = 15
		}
		operations := d.operations()
		t.Logf("%d operations", len(operations))
		callers := r.cast(t)
		g := &guesser{rand.New(rand.NewPCG(1, 2)), d, r.ids(t)}
		statuses := map[int]int{}
		for round := range rounds {
			r.api.limits.forget()
			for _, o := range operations {
				if o.id == "stream-events" || o.id == "sign-out" && round%10 != 0 {
					continue
				}
				caller := callers[g.IntN(len(callers))]
				path, body, headers := g.request(o, []float64{0, 0.05, 0.3}[round%3])
				response, text := caller.do(o.method, r.server.URL+path, body, headers...)
				statuses[response.StatusCode/100]++
				if err := d.judge(o, response, text); err != nil {
					t.Errorf("%s: %s %s %s: %v", o.id, o.method, path, body, err)
				}
			}
		}
		t.Logf("answers by class: %v", statuses)
		if statuses[2] == 0 || statuses[4] == 0 {
			t.Error("the requests are all of one kind: the test looks in the wrong place")
		}
	})
}
