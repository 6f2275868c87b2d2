package api

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
)

// parseBody reads a body that is one flat JSON object: its fields by name, each value
// as the text it was written as. A field that comes twice has two values, one that is
// among lists has those of its array. A field that is not among the allowed ones, a value
// that is not flat, and anything behind the object are refused.
func parseBody(body []byte, allowed, lists []string) (map[string][]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, &refusal{kind: invalidBody}
	}
	in := reading{args: map[string][]string{}}
	for decoder.More() {
		if err := in.field(decoder, allowed, lists); err != nil {
			return nil, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, &refusal{kind: invalidBody}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, &refusal{kind: invalidBody}
	}
	return in.args, in.err()
}

// field reads one field of the object.
func (in *reading) field(decoder *json.Decoder, allowed, lists []string) error {
	token, err := decoder.Token()
	if err != nil {
		return &refusal{kind: invalidBody}
	}
	name, _ := token.(string)
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return &refusal{kind: invalidBody}
	}
	if !slices.Contains(allowed, name) {
		in.faults = append(in.faults, noSuchName(name, []string{string(raw)}, allowed))
		return nil
	}
	values, isList := []json.RawMessage{raw}, slices.Contains(lists, name)
	isArray := isList && raw[0] == '['
	if isArray {
		if err := json.Unmarshal(raw, &values); err != nil {
			return &refusal{kind: invalidBody}
		}
	}
	texts := in.args[name]
	for _, one := range values {
		value, flat := flatValue(one)
		if !flat {
			in.fault(name, []string{string(raw)}, allowedValue)
			return nil
		}
		if isList && !isArray {
			texts = append(texts, split([]string{value})...)
		} else {
			texts = append(texts, value)
		}
	}
	in.args[name] = texts // also of an empty list: it was given
	return nil
}

// flatValue returns the text of a JSON value that is a text, a number, true or false.
// A number keeps the form it was written in.
func flatValue(raw json.RawMessage) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	token, err := decoder.Token()
	if err != nil {
		return "", false
	}
	switch v := token.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
