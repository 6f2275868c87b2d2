package mongotest

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// concernError is a write that was executed and whose concern was not met.
type concernError struct {
	code    int32
	message string
	labels  []string
}

// append appends it to an answer. A nil one appends nothing.
func (e *concernError) append(dst []byte, r *request) []byte {
	if e == nil {
		return dst
	}
	concern := r.get("writeConcern")
	at, dst := bsoncore.AppendDocumentElementStart(dst, "writeConcernError")
	dst = bsoncore.AppendInt32Element(dst, "code", e.code)
	dst = bsoncore.AppendStringElement(dst, "codeName", codeName(e.code))
	dst = bsoncore.AppendStringElement(dst, "errmsg", e.message)
	if isDocument(concern) {
		info, inner := bsoncore.AppendDocumentElementStart(dst, "errInfo")
		inner = bsoncore.AppendDocumentElement(inner, "writeConcern", concern.Data)
		dst = finish(inner, int(info))
	}
	dst = finish(dst, int(at))
	return appendLabels(dst, e.labels)
}

// checkConcerns checks the form of a command's concerns. A write that asks for more members
// than there are is executed, and answered with an error of its concern.
func (s *Server) checkConcerns(r *request, known command) (*concernError, *failure) {
	if v := r.get("readConcern"); !missing(v) {
		if f := checkRead(v); f != nil {
			return nil, f
		}
	}
	v := r.get("writeConcern")
	if missing(v) {
		return nil, nil
	}
	if !isDocument(v) {
		return nil, fail(codeTypeMismatch, "BSON field 'writeConcern' is the wrong type '%s', expected type 'object'", v.Type)
	}
	if !known.writes {
		return nil, fail(codeInvalidOptions, "Command %s does not support writeConcern", r.name)
	}
	var wce *concernError
	fields := scan(v.Data)
	for fields.next() {
		switch key := string(fields.key); key {
		case "w":
			e, f := s.checkW(fields.value())
			if f != nil {
				return nil, f
			}
			wce = e
		case "j", "fsync", "wtimeout", "provenance":
		default:
			return nil, fail(codeUnknownField, "BSON field 'writeConcern.%s' is an unknown field.", key)
		}
	}
	return wce, nil
}

func (s *Server) checkW(w value) (*concernError, *failure) {
	standalone := s.opts.ReplicaSet == ""
	switch {
	case isText(w) && string(text(w)) == "majority":
		return nil, nil
	case isText(w) && standalone:
		return nil, fail(codeBadValue, "cannot use non-majority 'w' mode \"%s\" when a host is not a member of a replica set", text(w))
	case isText(w):
		return &concernError{code: codeUnknownReplWriteConcern, message: "No write concern mode named '" + string(text(w)) + "' found in replica set configuration"}, nil
	case class(w.Type) != classNumber || w.AsFloat64() < 0 || w.AsFloat64() > 50:
		return nil, fail(codeFailedToParse, "w has to be a number >= 0 and <= 50, or a string; found: %s", shell(w))
	case w.AsFloat64() > 1 && standalone:
		return nil, fail(codeBadValue, "cannot use 'w' > 1 when a host is not replicated")
	case w.AsFloat64() > 1:
		return &concernError{code: codeUnsatisfiableConcern, message: "Not enough data-bearing nodes"}, nil
	}
	return nil, nil
}

func checkRead(v value) *failure {
	if !isDocument(v) {
		return fail(codeTypeMismatch, "BSON field 'readConcern' is the wrong type '%s', expected type 'object'", v.Type)
	}
	level := field(v.Data, "level")
	if missing(level) {
		return nil
	}
	if isText(level) {
		switch string(text(level)) {
		case "local", "majority", "linearizable", "available":
			return nil
		case "snapshot":
			return lacking("the read concern snapshot")
		}
	}
	return fail(codeBadValue, "Enumeration value '%s' for field 'readConcern.level' is not a valid value.", shell(level))
}
