package mongotest

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// request is a command on its way.
type request struct {
	srv       *Server
	conn      *conn
	name      string
	db        string
	coll      string // where the command's first field names one
	body      []byte
	sequences map[string][][]byte
}

// command is how a command is run.
type command struct {
	// run appends the fields of the answer to dst. On failure it changes nothing.
	run       func(r *request, dst []byte) ([]byte, *failure)
	fields    []string        // that it knows, beside its name and the general ones
	known     map[string]bool // all of them
	open      bool            // no authentication is needed
	handshake bool            // of connections, not of work: no latency, and faults must name it
	writes    bool            // only on a primary
	counted   bool            // takes a transaction number
}

// general are the fields that every command knows.
func general() []string {
	return []string{"$db", "lsid", "txnNumber", "$clusterTime", "$readPreference", "readConcern", "writeConcern",
		"maxTimeMS", "comment", "apiVersion", "apiStrict", "apiDeprecationErrors", "stmtId", "stmtIds"}
}

// commands returns all commands by name.
func commands() map[string]command {
	hello := command{run: hello, open: true, handshake: true,
		fields: []string{"helloOk", "client", "compression", "saslSupportedMechs", "speculativeAuthenticate", "loadBalanced", "topologyVersion", "maxAwaitTimeMS", "backpressure"}}
	all := map[string]command{
		"hello": hello, "isMaster": hello, "ismaster": hello,
		"saslStart":    {run: saslStart, open: true, handshake: true, fields: []string{"mechanism", "payload", "options", "autoAuthorize"}},
		"saslContinue": {run: saslContinue, open: true, handshake: true, fields: []string{"conversationId", "payload"}},
		"ping":         {run: nothing, open: true, handshake: true},
		"endSessions":  {run: nothing, handshake: true},
		"buildInfo":    {run: buildInfo, open: true, handshake: true},
		"buildinfo":    {run: buildInfo, open: true, handshake: true},

		"connectionStatus": {run: connectionStatus, open: true, fields: []string{"showPrivileges"}},
		"serverStatus":     {run: serverStatus},
		"getParameter":     {run: getParameter, fields: []string{"featureCompatibilityVersion"}},
		"listDatabases":    {run: listDatabases, fields: []string{"nameOnly", "filter", "authorizedDatabases"}},
		"listCollections":  {run: listCollections, fields: []string{"nameOnly", "filter", "cursor", "authorizedCollections"}},
		"listIndexes":      {run: listIndexes, fields: []string{"cursor"}},
		"createIndexes":    {run: createIndexes, writes: true, fields: []string{"indexes", "commitQuorum", "ignoreUnknownIndexOptions"}},
		"dropIndexes":      {run: dropIndexes, writes: true, fields: []string{"index"}},
		"create":           {run: create, writes: true},
		"drop":             {run: drop, writes: true},
		"dropDatabase":     {run: dropDatabase, writes: true},
		"insert":           {run: insert, writes: true, counted: true, fields: []string{"documents", "ordered", "bypassDocumentValidation"}},
		"update":           {run: updateCommand, writes: true, counted: true, fields: []string{"updates", "ordered", "bypassDocumentValidation"}},
		"delete":           {run: deleteCommand, writes: true, counted: true, fields: []string{"deletes", "ordered"}},
		"findAndModify":    {run: findAndModify, writes: true, counted: true, fields: findAndModifyFields()},
		"findandmodify":    {run: findAndModify, writes: true, counted: true, fields: findAndModifyFields()},
		"find":             {run: find, fields: []string{"filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "singleBatch", "noCursorTimeout", "allowDiskUse", "allowPartialResults"}},
		"getMore":          {run: getMore, fields: []string{"collection", "batchSize"}},
		"killCursors":      {run: killCursors, fields: []string{"cursors"}},
		"count":            {run: count, fields: []string{"query", "limit", "skip", "hint"}},
		"distinct":         {run: distinct, fields: []string{"key", "query", "hint"}},
		"aggregate":        {run: aggregate, fields: []string{"pipeline", "cursor", "hint", "allowDiskUse", "bypassDocumentValidation"}},
	}
	for name, c := range all {
		c.known = map[string]bool{}
		for _, key := range append(general(), c.fields...) {
			c.known[key] = true
		}
		all[name] = c
	}
	return all
}

func findAndModifyFields() []string {
	return []string{"query", "sort", "remove", "update", "new", "fields", "upsert", "hint", "bypassDocumentValidation"}
}

// nothing is the command that only says ok.
func nothing(_ *request, dst []byte) ([]byte, *failure) { return dst, nil }

// get returns a field of the command.
func (r *request) get(key string) value { return field(r.body, key) }

// answer executes a message and appends the answer, if any is due. It returns false if the
// connection is to be cut.
func (s *Server) answer(c *conn, m *message, dst []byte) ([]byte, bool) {
	if !s.frozen(c) {
		return nil, false
	}
	r := newRequest(s, c, m)
	known, ok := s.commands[r.name]
	if ok && !known.handshake && !c.wait(s.opts.Latency) {
		return nil, false
	}
	s.tally.command(r)
	planted := s.faults.pick(r, known)
	encoded, keep := planted.around(r, func() []byte {
		fields, f := s.execute(r, known, ok, planted)
		if f != nil {
			return f.reply(nil)
		}
		return fields
	})
	if !keep {
		return nil, false
	}
	if m.silent {
		return dst, true
	}
	return m.appendAnswer(dst, s.nextID.Add(1), func(b []byte) []byte { return append(b, encoded...) }), true
}

func newRequest(s *Server, c *conn, m *message) *request {
	r := &request{srv: s, conn: c, db: m.db, body: m.body, sequences: m.sequences}
	first := scan(m.body)
	if first.next() {
		r.name = string(first.key)
		if isText(first.value()) {
			r.coll = string(text(first.value()))
		}
	}
	if db := r.get("$db"); isText(db) {
		r.db = string(text(db))
	}
	if r.name == "getMore" && isText(r.get("collection")) {
		r.coll = string(text(r.get("collection")))
	}
	return r
}

// execute runs a command and returns its whole answer.
func (s *Server) execute(r *request, known command, ok bool, planted *fired) ([]byte, *failure) {
	if !ok {
		return nil, fail(codeCommandNotFound, "no such command: '%s'", r.name)
	}
	if f := s.admit(r, known); f != nil {
		return nil, f
	}
	wce, f := s.checkConcerns(r, known)
	if f != nil {
		return nil, f
	}
	if planted.failure() != nil {
		return nil, planted.failure().labelled(r)
	}
	at, dst := begin(make([]byte, 0, 256))
	if number := r.get("txnNumber"); !missing(number) {
		dst, f = s.sessions.once(r, known, dst)
	} else {
		dst, f = known.run(r, dst)
	}
	if f != nil {
		return nil, f
	}
	if known.writes {
		dst = planted.concern(r, wce).append(dst, r)
	}
	dst = bsoncore.AppendDoubleElement(dst, "ok", 1)
	if s.opts.ReplicaSet != "" {
		dst = bsoncore.AppendTimestampElement(dst, "operationTime", uint32(s.opts.Now().Unix()), s.operations.Add(1))
	}
	return finish(dst, at), nil
}

// admit says why a command is not executed at all.
func (s *Server) admit(r *request, known command) *failure {
	if s.secret != nil && r.conn.user == "" && !known.open {
		return fail(codeUnauthorized, "Command %s requires authentication", r.name)
	}
	if slices.Contains(s.opts.Denied, r.name) {
		return fail(codeUnauthorized, "not authorized on %s to execute command { %s: \"%s\" }", r.db, r.name, r.coll)
	}
	if known.writes && s.stepped.Load() {
		return fail(codeNotWritablePrimary, "not primary").labelled(r)
	}
	fields := scan(r.body)
	fields.next()
	for fields.next() {
		if known.known[string(fields.key)] {
			continue
		}
		key := string(fields.key)
		switch {
		case key == "autocommit" || key == "startTransaction":
			return lacking("transactions")
		case slices.Contains(unsupported(), key):
			return lacking("the option %s of %s", key, r.name)
		case r.name == "endSessions" || r.name == "hello" || strings.EqualFold(r.name, "ismaster") || r.name == "getParameter":
		default:
			return fail(codeUnknownField, "BSON field '%s.%s' is an unknown field.", r.name, key)
		}
	}
	if r.db == "" {
		return fail(codeInvalidNamespace, "OP_MSG requests require a $db argument")
	}
	return nil
}

// unsupported are fields of commands that a real server knows and the double does not.
func unsupported() []string {
	return []string{"let", "collation", "arrayFilters", "tailable", "awaitData", "oplogReplay", "min", "max", "returnKey", "showRecordId",
		"explain", "validator", "capped", "viewOn", "timeseries", "clusteredIndex", "expireAfterSeconds", "encryptionInformation"}
}

// labelled adds the label that makes drivers of a replica set repeat a write.
func (f *failure) labelled(r *request) *failure {
	if f.labels == nil && retryable(f.code) && !missing(r.get("txnNumber")) {
		f.labels = []string{labelRetryable}
	}
	return f
}

const labelRetryable = "RetryableWriteError"
