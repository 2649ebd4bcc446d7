package schema

import "testing"

const example = `{"$defs": {
	"id": {"type": "integer", "minimum": 1, "maximum": 9},
	"base": {"type": "object", "properties": {"id": {"$ref": "#/$defs/id"}}, "required": ["id"]}
}, "oneOf": [
	{"allOf": [{"$ref": "#/$defs/base"}], "properties": {"t": {"const": "a"}, "list": {"type": "array", "items": {"enum": ["x", null]}}}, "required": ["t"], "unevaluatedProperties": false},
	{"properties": {"t": {"const": "b"}, "s": {"type": "string", "pattern": "^q"}}, "required": ["t"], "additionalProperties": {"type": "boolean"}}
]}`

func TestValidate(t *testing.T) {
	s, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ok   bool
		text string
	}{
		{true, `{"t":"a","id":1}`}, {true, `{"t":"a","id":9,"list":["x",null]}`}, {true, `{"t":"b","s":"q","more":true}`},
		{false, `{"t":"a"}`}, {false, `{"t":"a","id":0}`}, {false, `{"t":"a","id":10}`}, {false, `{"t":"a","id":1.5}`}, {false, `{"t":"a","id":"1"}`},
		{false, `{"t":"a","id":1,"more":1}`}, {false, `{"t":"a","id":1,"list":["y"]}`}, {false, `{"t":"a","id":1,"list":{}}`},
		{false, `{"t":"b","s":"p"}`}, {false, `{"t":"b","more":1}`}, {false, `{"t":"c"}`}, {false, `{"t":"b"} {}`}, {false, `{`},
	} {
		if err := s.Validate([]byte(c.text)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{`[]`, `{"format": "date"}`, `{"$ref": "#/$defs/x"}`, `{"pattern": "("}`, `{"properties": {"a": {"not": {}}}}`, `{"oneOf": [{"if": {}}]}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
