package mongotest

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// The error codes the double answers with, by MongoDB's names.
const (
	codeInternal                 = 1
	codeBadValue                 = 2
	codeUnauthorized             = 13
	codeTypeMismatch             = 14
	codeFailedToParse            = 9
	codeUserNotFound             = 11
	codeAuthenticationFailed     = 18
	codeIllegalOperation         = 20
	codeNamespaceNotFound        = 26
	codeIndexNotFound            = 27
	codePathNotViable            = 28
	codeConflictingUpdates       = 40
	codeCursorNotFound           = 43
	codeNamespaceExists          = 48
	codeDollarPrefixedField      = 52
	codeNotSingleValueField      = 54
	codeCommandNotFound          = 59
	codeWriteConcernTimeout      = 64
	codeImmutableField           = 66
	codeCannotCreateIndex        = 67
	codeInvalidOptions           = 72
	codeInvalidNamespace         = 73
	codeNoReplicationEnabled     = 76
	codeIndexOptionsConflict     = 85
	codeIndexKeySpecsConflict    = 86
	codeUnknownReplWriteConcern  = 79
	codeUnsatisfiableConcern     = 100
	codeParallelArrays           = 171
	codePrimarySteppedDown       = 189
	codeTransactionTooOld        = 225
	codeNotImplemented           = 238
	codeShutdownInProgress       = 91
	codeNotWritablePrimary       = 10107
	codeDuplicateKey             = 11000
	codeInterruptedAtShutdown    = 11600
	codeInterruptedByStateChange = 11602
	codeNotPrimaryNoSecondary    = 13435
	codeNotPrimaryOrSecondary    = 13436
	codeHostUnreachable          = 6
	codeHostNotFound             = 7
	codeNetworkTimeout           = 89
	codeSocketException          = 9001
	codeExceededTimeLimit        = 262
	codeMaxTimeExpired           = 50
	codeWriteConflict            = 112
	codeDocumentTooLarge         = 10334
	codeUnknownField             = 40415
)

// codeName returns MongoDB's name of a code.
func codeName(code int32) string {
	if name, ok := codeNames()[code]; ok {
		return name
	}
	return fmt.Sprintf("Location%d", code)
}

func codeNames() map[int32]string {
	return map[int32]string{
		codeInternal:                 "InternalError",
		codeBadValue:                 "BadValue",
		codeUnauthorized:             "Unauthorized",
		codeTypeMismatch:             "TypeMismatch",
		codeFailedToParse:            "FailedToParse",
		codeUserNotFound:             "UserNotFound",
		codeAuthenticationFailed:     "AuthenticationFailed",
		codeIllegalOperation:         "IllegalOperation",
		codeNamespaceNotFound:        "NamespaceNotFound",
		codeIndexNotFound:            "IndexNotFound",
		codePathNotViable:            "PathNotViable",
		codeConflictingUpdates:       "ConflictingUpdateOperators",
		codeCursorNotFound:           "CursorNotFound",
		codeNamespaceExists:          "NamespaceExists",
		codeDollarPrefixedField:      "DollarPrefixedFieldName",
		codeNotSingleValueField:      "NotSingleValueField",
		codeCommandNotFound:          "CommandNotFound",
		codeImmutableField:           "ImmutableField",
		codeCannotCreateIndex:        "CannotCreateIndex",
		codeInvalidOptions:           "InvalidOptions",
		codeInvalidNamespace:         "InvalidNamespace",
		codeNoReplicationEnabled:     "NoReplicationEnabled",
		codeIndexOptionsConflict:     "IndexOptionsConflict",
		codeIndexKeySpecsConflict:    "IndexKeySpecsConflict",
		codeParallelArrays:           "CannotIndexParallelArrays",
		codeTransactionTooOld:        "TransactionTooOld",
		codeNotImplemented:           "NotImplemented",
		codeDuplicateKey:             "DuplicateKey",
		codeDocumentTooLarge:         "BSONObjectTooLarge",
		codeHostUnreachable:          "HostUnreachable",
		codeHostNotFound:             "HostNotFound",
		codeMaxTimeExpired:           "MaxTimeMSExpired",
		codeWriteConcernTimeout:      "WriteConcernTimeout",
		codeUnknownReplWriteConcern:  "UnknownReplWriteConcern",
		codeNetworkTimeout:           "NetworkTimeout",
		codeShutdownInProgress:       "ShutdownInProgress",
		codeUnsatisfiableConcern:     "UnsatisfiableWriteConcern",
		codeWriteConflict:            "WriteConflict",
		codePrimarySteppedDown:       "PrimarySteppedDown",
		codeExceededTimeLimit:        "ExceededTimeLimit",
		codeSocketException:          "SocketException",
		codeNotWritablePrimary:       "NotWritablePrimary",
		codeInterruptedAtShutdown:    "InterruptedAtShutdown",
		codeInterruptedByStateChange: "InterruptedDueToReplStateChange",
		codeNotPrimaryNoSecondary:    "NotPrimaryNoSecondaryOk",
		codeNotPrimaryOrSecondary:    "NotPrimaryOrSecondary",
	}
}

// retryable says whether a write that ended with a code may be sent again, which a server
// of a replica set tells its clients with a label.
func retryable(code int32) bool {
	switch code {
	case codeInterruptedAtShutdown, codeInterruptedByStateChange, codeNotWritablePrimary, codeNotPrimaryNoSecondary,
		codeNotPrimaryOrSecondary, codePrimarySteppedDown, codeShutdownInProgress, codeHostNotFound, codeHostUnreachable,
		codeNetworkTimeout, codeSocketException, codeExceededTimeLimit:
		return true
	}
	return false
}

// failure is an error as a server answers it: of a whole command, or of one of its
// statements.
type failure struct {
	code    int32
	message string
	extra   []byte // more fields, encoded
	labels  []string
}

func (f *failure) Error() string { return fmt.Sprintf("(%s) %s", codeName(f.code), f.message) }

// fail makes a failure.
func fail(code int32, format string, args ...any) *failure {
	return &failure{code: code, message: fmt.Sprintf(format, args...)}
}

// lacking is the failure of what a real server may know and the double does not.
func lacking(format string, args ...any) *failure {
	return fail(codeNotImplemented, "mongotest does not implement "+format, args...)
}

// reply encodes the answer of a command that failed.
func (f *failure) reply(dst []byte) []byte {
	at, dst := begin(dst)
	dst = bsoncore.AppendDoubleElement(dst, "ok", 0)
	dst = bsoncore.AppendStringElement(dst, "errmsg", f.message)
	dst = bsoncore.AppendInt32Element(dst, "code", f.code)
	dst = bsoncore.AppendStringElement(dst, "codeName", codeName(f.code))
	dst = append(dst, f.extra...)
	dst = appendLabels(dst, f.labels)
	return finish(dst, at)
}

// appendLabels appends the field with an error's labels, if it has any.
func appendLabels(dst []byte, labels []string) []byte {
	if len(labels) == 0 {
		return dst
	}
	all := make([]value, len(labels))
	for i, label := range labels {
		all[i] = textValue(label)
	}
	return bsoncore.BuildArrayElement(dst, "errorLabels", all...)
}
