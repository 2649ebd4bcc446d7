// Package schema checks JSON against a JSON Schema (2020-12), for tests: that
// of docs/schema.json needs no more than the keywords here. A schema with
// another keyword is refused, not passed over.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Schema is a parsed schema.
type Schema struct {
	root map[string]any
	res  map[string]*regexp.Regexp
}

// keywords are those that check; the others in annotations say nothing about validity.
var (
	keywords = []string{"$ref", "type", "const", "enum", "pattern", "minimum", "maximum", "items", "properties", "required",
		"additionalProperties", "unevaluatedProperties", "allOf", "oneOf"}
	annotations = []string{"$schema", "$id", "$defs", "title", "description"}
)

// Parse reads a schema.
func Parse(b []byte) (*Schema, error) {
	v, err := decode(b)
	if err != nil {
		return nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("a schema is an object")
	}
	s := &Schema{root: root, res: map[string]*regexp.Regexp{}}
	return s, s.compile(root)
}

// decode reads one JSON value, numbers as json.Number.
func decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err = d.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// compile checks the keywords below node, that references lead somewhere, and
// compiles patterns.
func (s *Schema) compile(node map[string]any) error {
	for k, v := range node {
		if !slices.Contains(keywords, k) && !slices.Contains(annotations, k) {
			return fmt.Errorf("unknown keyword %q", k)
		}
		switch v := v.(type) {
		case map[string]any:
			if err := s.compileMap(k, v); err != nil {
				return err
			}
		case []any:
			for _, e := range v {
				if m, ok := e.(map[string]any); ok && (k == "allOf" || k == "oneOf") {
					if err := s.compile(m); err != nil {
						return err
					}
				}
			}
		case string:
			if err := s.compileString(k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Schema) compileMap(k string, v map[string]any) error {
	if k != "$defs" && k != "properties" {
		return s.compile(v)
	}
	for name, e := range v {
		m, ok := e.(map[string]any)
		if !ok {
			return fmt.Errorf("%s %s is no schema", k, name)
		}
		if err := s.compile(m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *Schema) compileString(k, v string) (err error) {
	switch k {
	case "pattern":
		s.res[v], err = regexp.Compile(v)
	case "$ref":
		_, err = s.ref(v)
	}
	return err
}

// ref is the schema that a reference names.
func (s *Schema) ref(r string) (map[string]any, error) {
	name, ok := strings.CutPrefix(r, "#/$defs/")
	defs, _ := s.root["$defs"].(map[string]any)
	m, found := defs[name].(map[string]any)
	if !ok || !found {
		return nil, fmt.Errorf("no schema %q", r)
	}
	return m, nil
}

// Validate checks one JSON value.
func (s *Schema) Validate(b []byte) error {
	v, err := decode(b)
	if err != nil {
		return err
	}
	_, err = s.check(s.root, v, "")
	return err
}

// check validates v, at path at, and returns the names of its members that
// node has something to say of.
func (s *Schema) check(node map[string]any, v any, at string) (map[string]bool, error) {
	seen := map[string]bool{}
	if r, ok := node["$ref"].(string); ok {
		m, err := s.ref(r)
		if err != nil {
			return nil, err
		}
		sub, err := s.check(m, v, at)
		if err != nil {
			return nil, err
		}
		maps.Copy(seen, sub)
	}
	if err := s.scalar(node, v, at); err != nil {
		return nil, err
	}
	if err := s.combine(node, v, at, seen); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		return seen, s.object(node, v, at, seen)
	case []any:
		if items, ok := node["items"].(map[string]any); ok {
			for i, e := range v {
				if _, err := s.check(items, e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
					return nil, err
				}
			}
		}
	}
	return seen, nil
}

// scalar checks what does not look into v.
func (s *Schema) scalar(node map[string]any, v any, at string) error {
	if t, ok := node["type"].(string); ok && !isType(t, v) {
		return fmt.Errorf("%s is no %s: %v", at, t, v)
	}
	if c, ok := node["const"]; ok && !reflect.DeepEqual(c, v) {
		return fmt.Errorf("%s is not %v: %v", at, c, v)
	}
	if e, ok := node["enum"].([]any); ok && !slices.ContainsFunc(e, func(x any) bool { return reflect.DeepEqual(x, v) }) {
		return fmt.Errorf("%s is none of %v: %v", at, e, v)
	}
	if p, ok := node["pattern"].(string); ok {
		if str, ok := v.(string); ok && !s.res[p].MatchString(str) {
			return fmt.Errorf("%s does not match %s: %q", at, p, str)
		}
	}
	n, ok := number(v)
	if lo, has := number(node["minimum"]); ok && has && n < lo {
		return fmt.Errorf("%s is below %v: %v", at, lo, v)
	}
	if hi, has := number(node["maximum"]); ok && has && n > hi {
		return fmt.Errorf("%s is above %v: %v", at, hi, v)
	}
	return nil
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func isType(t string, v any) bool {
	switch t {
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "null":
		return v == nil
	case "integer":
		f, ok := number(v)
		return ok && f == math.Trunc(f)
	case "number":
		_, ok := number(v)
		return ok
	}
	return false
}

// combine checks allOf and oneOf, and adds the members that they know to seen.
func (s *Schema) combine(node map[string]any, v any, at string, seen map[string]bool) error {
	all, _ := node["allOf"].([]any)
	for _, e := range all {
		sub, err := s.check(e.(map[string]any), v, at)
		if err != nil {
			return err
		}
		maps.Copy(seen, sub)
	}
	one, ok := node["oneOf"].([]any)
	if !ok {
		return nil
	}
	var errs []error
	matches := 0
	for _, e := range one {
		sub, err := s.check(e.(map[string]any), v, at)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		matches++
		maps.Copy(seen, sub)
	}
	if matches != 1 {
		return fmt.Errorf("%s matches %d of %d: %w", at, matches, len(one), errors.Join(errs...))
	}
	return nil
}

// object checks the members of v.
func (s *Schema) object(node, v map[string]any, at string, seen map[string]bool) error {
	required, _ := node["required"].([]any)
	for _, r := range required {
		if _, ok := v[r.(string)]; !ok {
			return fmt.Errorf("%s lacks %q", at, r)
		}
	}
	props, _ := node["properties"].(map[string]any)
	own := map[string]bool{}
	for k, e := range v {
		if p, ok := props[k].(map[string]any); ok {
			own[k], seen[k] = true, true
			if _, err := s.check(p, e, at+"."+k); err != nil {
				return err
			}
		}
	}
	if err := s.rest(node["additionalProperties"], v, at, own); err != nil {
		return err
	}
	if node["additionalProperties"] != nil {
		for k := range v {
			seen[k] = true
		}
	}
	return s.rest(node["unevaluatedProperties"], v, at, seen)
}

// rest checks the members of v that are not in known against rule: nil,
// false, or a schema.
func (s *Schema) rest(rule any, v map[string]any, at string, known map[string]bool) error {
	for k, e := range v {
		if known[k] {
			continue
		}
		switch r := rule.(type) {
		case bool:
			if !r {
				return fmt.Errorf("%s has an unknown member %q", at, k)
			}
		case map[string]any:
			if _, err := s.check(r, e, at+"."+k); err != nil {
				return err
			}
		}
	}
	return nil
}
