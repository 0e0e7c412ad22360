package configs

import (
	"bytes"
	_ "embed"
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Example is the commented configuration file with every key at its default.
//
//go:embed switchyard.example.yaml
var Example string

const redacted = "(redacted)"

// Print returns the configuration as YAML with secrets redacted.
func (c Config) Print() (string, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(printable(reflect.ValueOf(c))); err != nil {
		return "", fmt.Errorf("print the configuration: %w", err)
	}
	return text.String(), nil
}

// printable turns a section into a mapping whose keys stay in order.
func printable(section reflect.Value) *yaml.Node {
	mapping := &yaml.Node{Kind: yaml.MappingNode}
	for i := range section.NumField() {
		field := section.Type().Field(i)
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: keyOf(field)}
		value := new(yaml.Node)
		switch {
		case field.Type.Kind() == reflect.Struct:
			value = printable(section.Field(i))
		case field.Tag.Get("secret") == "true" && !section.Field(i).IsZero():
			value.SetString(redacted)
		default:
			// Encoding a string, bool, integer, duration or list of strings can't fail.
			_ = value.Encode(section.Field(i).Interface())
			if value.Kind == yaml.SequenceNode {
				value.Style = yaml.FlowStyle
			}
		}
		mapping.Content = append(mapping.Content, key, value)
	}
	return mapping
}
