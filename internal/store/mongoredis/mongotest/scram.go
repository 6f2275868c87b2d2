package mongotest

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// mechanism is the only one there is: RFC 5802 and 7677.
const mechanism = "SCRAM-SHA-256"

// iterations of the password's hash; few, since every connection of a test pays for them.
const iterations = 4096

// credentials are what a server keeps of a user and the password.
type credentials struct {
	user              string
	salt              []byte
	stored, serverKey []byte
}

func newCredentials(user, password string) (*credentials, error) {
	salt := random(28)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("hash the password: %w", err)
	}
	stored := sha256.Sum256(sign(salted, "Client Key"))
	return &credentials{user: user, salt: salt, stored: stored[:], serverKey: sign(salted, "Server Key")}, nil
}

func sign(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// conversation is an authentication on its way.
type conversation struct {
	user  string
	auth  string // the messages that are signed, without the client's last
	nonce string
	short bool // the client wants no empty exchange at the end
	done  bool
}

const authenticationFailed = "Authentication failed."

func saslStart(r *request, dst []byte) ([]byte, *failure) {
	answer, f := r.start(r.body)
	return append(dst, answer...), f
}

// start answers the first message of a conversation.
func (r *request) start(doc []byte) ([]byte, *failure) {
	secret := r.srv.secret
	if secret == nil {
		return nil, fail(codeAuthenticationFailed, authenticationFailed)
	}
	if m := field(doc, "mechanism"); !isText(m) || string(text(m)) != mechanism {
		return nil, fail(codeBadValue, "Received authentication for mechanism %s which is not enabled", shell(m))
	}
	payload := payloadOf(doc)
	// n,,n=user,r=nonce
	bare, ok := strings.CutPrefix(payload, "n,,")
	attributes := strings.Split(bare, ",")
	if !ok || len(attributes) < 2 || !strings.HasPrefix(attributes[0], "n=") || !strings.HasPrefix(attributes[1], "r=") {
		return nil, fail(codeAuthenticationFailed, authenticationFailed)
	}
	c := &conversation{
		user:  strings.NewReplacer("=2C", ",", "=3D", "=").Replace(attributes[0][2:]),
		nonce: attributes[1][2:] + base64.StdEncoding.EncodeToString(random(24)),
		short: truthy(field(field(doc, "options").Data, "skipEmptyExchange")),
	}
	first := fmt.Sprintf("r=%s,s=%s,i=%d", c.nonce, base64.StdEncoding.EncodeToString(secret.salt), iterations)
	c.auth = bare + "," + first
	r.conn.login = c
	return exchange(first, false), nil
}

func payloadOf(doc []byte) string {
	if _, data, ok := field(doc, "payload").BinaryOK(); ok {
		return string(data)
	}
	return ""
}

// exchange encodes one of the server's messages.
func exchange(payload string, done bool) []byte {
	dst := bsoncore.AppendInt32Element(nil, "conversationId", 1)
	dst = bsoncore.AppendBooleanElement(dst, "done", done)
	return bsoncore.AppendBinaryElement(dst, "payload", 0, []byte(payload))
}

func saslContinue(r *request, dst []byte) ([]byte, *failure) {
	c := r.conn.login
	if c == nil {
		return dst, fail(17, "No SASL session state found")
	}
	payload := payloadOf(r.body)
	if c.done && payload == "" {
		r.conn.login = nil
		return append(dst, exchange("", true)...), nil
	}
	signature, ok := r.srv.secret.check(c, payload)
	if !ok {
		r.conn.login = nil
		return dst, fail(codeAuthenticationFailed, authenticationFailed)
	}
	r.conn.user = c.user
	c.done = true
	return append(dst, exchange("v="+base64.StdEncoding.EncodeToString(signature), c.short)...), nil
}

// check verifies the client's proof and returns the server's signature.
func (s *credentials) check(c *conversation, payload string) ([]byte, bool) {
	// c=biws,r=nonce,p=proof
	without, encoded, ok := strings.Cut(payload, ",p=")
	if !ok || without != "c=biws,r="+c.nonce || c.user != s.user {
		return nil, false
	}
	proof, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(proof) != sha256.Size {
		return nil, false
	}
	auth := c.auth + "," + without
	key := bytes.Clone(proof)
	subtle.XORBytes(key, proof, sign(s.stored, auth))
	hash := sha256.Sum256(key)
	if !hmac.Equal(hash[:], s.stored) {
		return nil, false
	}
	return sign(s.serverKey, auth), true
}
