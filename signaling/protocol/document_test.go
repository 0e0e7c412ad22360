package protocol

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// chapter is one "### name" of the document with the rows of its first table.
type chapter struct {
	name, nature string // nature: request, event, reply to …; empty: an object
	rows         [][]string
}

func readDocument(t *testing.T) (chapters []chapter, text string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	text = string(data)
	heading := regexp.MustCompile(`^### (\w+)(?: \((.*)\))?$`)
	var current *chapter
	inTable := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch m := heading.FindStringSubmatch(line); {
		case m != nil:
			chapters = append(chapters, chapter{name: m[1], nature: m[2]})
			current, inTable = &chapters[len(chapters)-1], false
		case strings.HasPrefix(line, "#"):
			current = nil
		case line == "| field | type | meaning |":
			inTable = current != nil
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && !strings.HasPrefix(line, "|---"):
			current.rows = append(current.rows, cells(line))
		}
	}
	return chapters, text
}

func cells(line string) []string {
	parts := strings.Split(strings.Trim(line, "|"), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// TestDocumentAndTypesAreTheSame compares names, fields and types of every
// message and object in both directions.
func TestDocumentAndTypesAreTheSame(t *testing.T) {
	chapters, _ := readDocument(t)
	documented := map[string]map[string]string{} // fields and their types by "request x", "message x", "object X"
	for _, c := range chapters {
		kind := "message"
		switch {
		case c.nature == "":
			kind = "object"
		case strings.HasPrefix(c.nature, "request"):
			kind = "request"
		}
		fields := map[string]string{}
		for _, row := range c.rows {
			for name := range strings.SplitSeq(row[0], ", ") {
				fields[name] = row[1]
			}
		}
		documented[kind+" "+c.name] = fields
	}
	coded := map[string]map[string]string{}
	for _, r := range Requests() {
		addType(coded, "request "+r.name(), reflect.TypeOf(r).Elem())
	}
	for _, m := range Messages() {
		addType(coded, "message "+m.name(), reflect.TypeOf(m).Elem())
	}
	for what, fields := range documented {
		if coded[what] == nil {
			t.Errorf("%s is in the document and not in the code", what)
			continue
		}
		for name, kind := range fields {
			switch got, ok := coded[what][name]; {
			case !ok:
				t.Errorf("%s: field %s is in the document and not in the code", what, name)
			case got != kind:
				t.Errorf("%s: field %s is %s in the document and %s in the code", what, name, kind, got)
			}
		}
	}
	for what, fields := range coded {
		if documented[what] == nil {
			t.Errorf("%s is in the code and not in the document", what)
			continue
		}
		for name := range fields {
			if _, ok := documented[what][name]; !ok {
				t.Errorf("%s: field %s is in the code and not in the document", what, name)
			}
		}
	}
	if len(documented) < 40 {
		t.Errorf("only %d chapters were found: %v", len(documented), slices.Sorted(maps.Keys(documented)))
	}
}

// addType describes a struct and every struct that it holds.
func addType(coded map[string]map[string]string, what string, s reflect.Type) {
	if coded[what] != nil {
		return
	}
	fields := map[string]string{}
	coded[what] = fields
	for f := range s.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		optional := ""
		if options != "" {
			optional = "?"
		}
		fields[name] = documentType(coded, f.Type) + optional
	}
}

func documentType(coded map[string]map[string]string, t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Time]():
		return "time"
	case t.Kind() == reflect.Pointer:
		return documentType(coded, t.Elem())
	case t.Kind() == reflect.Slice:
		return documentType(coded, t.Elem()) + "[]"
	case t.Kind() == reflect.Struct:
		addType(coded, "object "+t.Name(), t)
		return t.Name()
	case t.Kind() == reflect.String:
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Float64:
		return "number"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "integer"
	}
	return "unknown " + t.String()
}

func TestDocumentedErrors(t *testing.T) {
	_, text := readDocument(t)
	_, table, found := strings.Cut(text, "| code | when | session | WebSocket close |\n")
	if !found {
		t.Fatal("the table of errors is not in the document")
	}
	documented := map[Code]bool{}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		row := cells(strings.TrimSpace(line))
		if strings.HasPrefix(row[0], "---") {
			continue
		}
		code := Code(row[0])
		documented[code] = true
		if !slices.Contains(Codes(), code) {
			t.Errorf("%s is in the document and not in the code", code)
		}
		if ends := strings.HasPrefix(row[2], "ends"); ends != code.Ends() {
			t.Errorf("%s: the session %s in the document, Ends() is %v", code, row[2], code.Ends())
		}
		closing := CloseNormal
		if row[3] != "" {
			closing, _ = strconv.Atoi(row[3])
		}
		if closing != code.Close() {
			t.Errorf("%s: closed with %d in the document and with %d in the code", code, closing, code.Close())
		}
	}
	for _, code := range Codes() {
		if !documented[code] {
			t.Errorf("%s is in the code and not in the document", code)
		}
	}
	others := fmt.Sprintf("%d after `left`, %d going away, %d too slow, %d replaced", CloseNormal, CloseGoingAway, CloseSlow, CloseReplaced)
	if !strings.Contains(text, others) {
		t.Errorf("the document does not say %q", others)
	}
}

func TestDocumentedTimersAndLimits(t *testing.T) {
	_, text := readDocument(t)
	seconds := func(d time.Duration) string { return fmt.Sprintf("%d s", d/time.Second) }
	for _, want := range []string{
		"| `hello` or `resume` must follow the upgrade within | " + seconds(HelloTimeout) + " |",
		"| client sends `ping` when it has sent nothing else for | " + seconds(PingInterval) + " |",
		"| server ends a socket that has sent nothing for | " + seconds(IdleTimeout) + " |",
		fmt.Sprintf("| client tries to resume for, then joins anew | %s, then up to %d min |", seconds(ResumeWindow), RejoinWindow/time.Minute),
		fmt.Sprintf("| server waits for a client to read before it is removed | %s or 1,024 messages or 1 MiB unacknowledged |", seconds(WriteTimeout)),
		fmt.Sprintf("more than %d requests a second over %s", MaxRate, seconds(RateWindow)),
		"at most 256 KiB (262,144 bytes)",
		fmt.Sprintf("name and version of the client, at most %d bytes", MaxClient),
		fmt.Sprintf("0 to %d, higher is served first when bandwidth is short; default %d", MaxPriority, DefaultPriority),
		"subprotocol `" + Subprotocol + "`",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
	if MaxUnacked != 1024 || MaxUnackedBytes != 1<<20 || MaxFrame != 262144 {
		t.Error("a limit is not what the document says")
	}
}

func TestReasonsAreThoseOfTheDocument(t *testing.T) {
	_, text := readDocument(t)
	_, after, _ := strings.Cut(text, "| reason | when | trying again |\n|---|---|---|\n")
	var written []string
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		written = append(written, cells(strings.TrimSpace(line))[0])
	}
	if !slices.Equal(written, Reasons()) {
		t.Errorf("the document has %v, the types %v", written, Reasons())
	}
}
