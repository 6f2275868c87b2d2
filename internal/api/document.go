package api

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/filavip/filavip/internal/wire"
)

// parameter describes itself for the OpenAPI document.
type parameter interface{ document() *huma.Param }

func (p wholeNumber) document() *huma.Param {
	least, most := float64(p.min), float64(p.max)
	schema := &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &least, Default: p.byDefault}
	doc := p.doc
	if p.clamp {
		doc += " A larger number counts as " + strconv.FormatInt(p.max, 10) + "."
	} else {
		schema.Maximum = &most
	}
	return queryParam(p.name, doc, schema)
}

func (p flag) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeBoolean, Default: p.byDefault})
}

func (p choice) document() *huma.Param {
	words := &huma.Schema{Type: huma.TypeString}
	for _, word := range p.of {
		words.Enum = append(words.Enum, word)
	}
	if !p.many {
		if p.byDefault != "" {
			words.Default = p.byDefault
		}
		return queryParam(p.name, p.doc, words)
	}
	list := queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeArray, Items: words, Default: []any{p.byDefault}})
	list.Style = "form"
	list.Explode = new(bool)
	return list
}

func (p opaque) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString})
}

func (p phrase) document() *huma.Param {
	least, most := 1, p.most
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most})
}

func (p orderID) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString})
}

func (p orderIDs) document() *huma.Param {
	least, most := 1, p.most
	list := queryParam(p.name, p.doc, &huma.Schema{
		Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, MinItems: &least, MaxItems: &most,
	})
	list.Style = "form"
	list.Explode = new(bool)
	return list
}

func (p runID) document() *huma.Param {
	return queryParam(p.name, p.doc, &huma.Schema{Type: huma.TypeString, Format: "uuid"})
}

func queryParam(name, doc string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: doc, Schema: schema}
}

// inPath describes a parameter that is part of the path.
type inPath struct{ name, doc string }

func (p inPath) document() *huma.Param {
	return &huma.Param{Name: p.name, In: "path", Description: p.doc, Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
}

// idempotencyKey describes the header of that name.
type idempotencyKey struct{}

func (idempotencyKey) document() *huma.Param {
	least, most := 1, maxKeyLen
	return &huma.Param{
		Name: idempotencyHeader, In: "header",
		Description: "Makes the call repeatable: the same key with the same parameters has one effect and one answer, for at least 24 hours.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most},
	}
}

// bodyOf documents that query parameters may also come as a JSON object.
func bodyOf(params []*huma.Param) *huma.RequestBody {
	properties := map[string]*huma.Schema{}
	for _, p := range params {
		if p.In == "query" {
			properties[p.Name] = p.Schema
		}
	}
	if len(properties) == 0 {
		return nil
	}
	return &huma.RequestBody{
		Description: "The same parameters, in place of the query.",
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
			Type: huma.TypeObject, Properties: properties, AdditionalProperties: false,
		}}},
	}
}

// errorResponses documents the problems that an operation answers with.
func (a *API) errorResponses(codes []int) map[string]*huma.Response {
	schema := a.schema(reflect.TypeFor[wire.Problem]())
	responses := map[string]*huma.Response{}
	for _, code := range codes {
		responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{wire.ProblemType: {Schema: schema}},
		}
	}
	return responses
}

// schema returns a reference to the schema of a wire type.
func (a *API) schema(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}
