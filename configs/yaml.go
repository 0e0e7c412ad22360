package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// decode puts the keys of a YAML text over cfg. Every unknown key, doubled key
// and value of a wrong type is a fault of its own, with its line.
func decode(cfg *Config, file string, text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil // only comments
	case err != nil:
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: holds more than one YAML document", file)
	}
	d := decoding{file: file}
	d.node(document.Content[0], reflect.ValueOf(cfg).Elem(), "")
	return errors.Join(d.faults...)
}

type decoding struct {
	file   string
	faults []error
}

func (d *decoding) fault(n *yaml.Node, format string, args ...any) {
	d.faults = append(d.faults, fmt.Errorf("%s:%d: %s", d.file, n.Line, fmt.Sprintf(format, args...)))
}

// node puts n into into, which is reached by path.
func (d *decoding) node(n *yaml.Node, into reflect.Value, path string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fault(n, "%s: anchors and aliases are not allowed", path)
	case into.Kind() == reflect.Struct:
		d.mapping(n, into, path)
	case into.Kind() == reflect.Slice:
		d.list(n, into, path)
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
		d.fault(n, "%s: has no value; %s is expected", path, expected(into))
	default:
		if err := setScalar(into, n.Value); err != nil {
			d.fault(n, "%s: %v", path, err)
		}
	}
}

func (d *decoding) mapping(n *yaml.Node, into reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a section whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		d.fault(n, "%s: is not a section with keys of its own", or(path, "the document"))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		full := join(path, key.Value)
		field, ok := fieldOf(into, key.Value)
		switch {
		case !ok:
			d.fault(key, "%s: unknown key; %s has %s", full, or(path, "the top"), strings.Join(keysOf(into.Type()), ", "))
		case seen[key.Value]:
			d.fault(key, "%s: is there twice", full)
		default:
			d.node(value, field, full)
		}
		seen[key.Value] = true
	}
}

func (d *decoding) list(n *yaml.Node, into reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fault(n, "%s: is not a list like [a, b]", path)
		return
	}
	list := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.node(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	into.Set(list)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
