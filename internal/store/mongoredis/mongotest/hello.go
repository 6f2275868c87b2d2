package mongotest

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// hello tells a client what kind of server this is.
func hello(r *request, dst []byte) ([]byte, *failure) {
	s := r.srv
	primary := !s.stepped.Load()
	if truthy(r.get("helloOk")) {
		dst = bsoncore.AppendBooleanElement(dst, "helloOk", true)
	}
	flag := "isWritablePrimary"
	if r.name != "hello" {
		flag = "ismaster"
	}
	dst = bsoncore.AppendBooleanElement(dst, flag, primary)
	if set := s.opts.ReplicaSet; set != "" {
		addr := s.Addr()
		dst = bsoncore.AppendStringElement(dst, "setName", set)
		dst = bsoncore.AppendInt32Element(dst, "setVersion", 1)
		dst = bsoncore.AppendBooleanElement(dst, "secondary", !primary)
		dst = bsoncore.BuildArrayElement(dst, "hosts", textValue(addr))
		if primary {
			dst = bsoncore.AppendStringElement(dst, "primary", addr)
			dst = bsoncore.AppendObjectIDElement(dst, "electionId", [12]byte{0x7f, 0xff, 0xff, 0xff, 11: 1})
		}
		dst = bsoncore.AppendStringElement(dst, "me", addr)
	}
	dst = bsoncore.AppendInt32Element(dst, "maxBsonObjectSize", maxDocument)
	dst = bsoncore.AppendInt32Element(dst, "maxMessageSizeBytes", 48_000_000)
	dst = bsoncore.AppendInt32Element(dst, "maxWriteBatchSize", maxBatch)
	dst = bsoncore.AppendDateTimeElement(dst, "localTime", s.now())
	if s.wire >= 6 {
		dst = bsoncore.AppendInt32Element(dst, "logicalSessionTimeoutMinutes", 30)
	}
	dst = bsoncore.AppendInt32Element(dst, "connectionId", r.conn.id)
	dst = bsoncore.AppendInt32Element(dst, "minWireVersion", 0)
	dst = bsoncore.AppendInt32Element(dst, "maxWireVersion", s.wire)
	dst = bsoncore.AppendBooleanElement(dst, "readOnly", false)
	if s.secret != nil && !missing(r.get("saslSupportedMechs")) {
		dst = bsoncore.BuildArrayElement(dst, "saslSupportedMechs", textValue(mechanism))
	}
	if speculative := r.get("speculativeAuthenticate"); s.secret != nil && isDocument(speculative) {
		if answer, f := r.start(speculative.Data); f == nil {
			at, inner := bsoncore.AppendDocumentElementStart(dst, "speculativeAuthenticate")
			dst = finish(append(inner, answer...), int(at))
		}
	}
	return dst, nil
}

func buildInfo(r *request, dst []byte) ([]byte, *failure) {
	dst = bsoncore.AppendStringElement(dst, "version", r.srv.opts.Version)
	var parts []value
	for part := range strings.SplitSeq(r.srv.opts.Version+".0", ".") {
		n, _ := strconv.ParseInt(part, 10, 32) // what is no number, such as 0-rc1, counts as 0
		parts = append(parts, int32Value(int32(n)))
	}
	dst = bsoncore.BuildArrayElement(dst, "versionArray", append(parts, int32Value(0), int32Value(0))[:4]...)
	dst = bsoncore.AppendStringElement(dst, "gitVersion", "mongotest")
	dst = bsoncore.BuildArrayElement(dst, "modules")
	dst = bsoncore.AppendInt32Element(dst, "bits", 64)
	dst = bsoncore.AppendBooleanElement(dst, "debug", false)
	return bsoncore.AppendInt32Element(dst, "maxBsonObjectSize", maxDocument), nil
}

func connectionStatus(r *request, dst []byte) ([]byte, *failure) {
	at, dst := bsoncore.AppendDocumentElementStart(dst, "authInfo")
	var users []value
	if r.conn.user != "" {
		users = append(users, documentValue(bsoncore.NewDocumentBuilder().AppendString("user", r.conn.user).AppendString("db", "admin").Build()))
	}
	dst = bsoncore.BuildArrayElement(dst, "authenticatedUsers", users...)
	dst = bsoncore.BuildArrayElement(dst, "authenticatedUserRoles")
	return finish(dst, int(at)), nil
}

func serverStatus(r *request, dst []byte) ([]byte, *failure) {
	s := r.srv
	s.mu.Lock()
	current := len(s.conns)
	s.mu.Unlock()
	dst = bsoncore.AppendStringElement(dst, "host", s.Addr())
	dst = bsoncore.AppendStringElement(dst, "version", s.opts.Version)
	dst = bsoncore.AppendStringElement(dst, "process", "mongod")
	dst = bsoncore.AppendDoubleElement(dst, "uptime", s.opts.Now().Sub(s.started).Seconds())
	dst = bsoncore.AppendDateTimeElement(dst, "localTime", s.now())
	at, dst := bsoncore.AppendDocumentElementStart(dst, "connections")
	dst = bsoncore.AppendInt32Element(dst, "current", int32(current))
	dst = bsoncore.AppendInt32Element(dst, "totalCreated", s.nextConn.Load())
	dst = finish(dst, int(at))
	at, dst = bsoncore.AppendDocumentElementStart(dst, "storageEngine")
	dst = bsoncore.AppendStringElement(dst, "name", "wiredTiger") // as clients expect; it is none
	dst = bsoncore.AppendBooleanElement(dst, "supportsCommittedReads", true)
	dst = bsoncore.AppendBooleanElement(dst, "persistent", true)
	return finish(dst, int(at)), nil
}

func getParameter(r *request, dst []byte) ([]byte, *failure) {
	if missing(r.get("featureCompatibilityVersion")) {
		return dst, fail(codeInvalidOptions, "no option found to get")
	}
	parts := strings.SplitN(r.srv.opts.Version, ".", 3)
	at, dst := bsoncore.AppendDocumentElementStart(dst, "featureCompatibilityVersion")
	dst = bsoncore.AppendStringElement(dst, "version", parts[0]+"."+parts[1])
	return finish(dst, int(at)), nil
}
