package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// patience is how long one command may take, connecting included.
const patience = 5 * time.Second

// ReplyError is an error that a server has answered with, such as "NOAUTH ...".
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// client speaks Redis's protocol, version 2, over one connection.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(addr, password string) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, in: bufio.NewReader(conn)}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if password != "" {
		if _, err := c.do("AUTH", password); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return c, nil
}

// do sends one command and returns its reply: a string, an int64, a []any of replies, or
// nil.
func (c *client) do(args ...string) (any, error) {
	command := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		command = fmt.Appendf(command, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := c.conn.Write(command); err != nil {
		return nil, err
	}
	return readReply(c.in)
}

func readReply(in *bufio.Reader) (any, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("no reply of Redis: %q", line)
	}
	sort, rest := line[0], line[1:len(line)-2]
	switch sort {
	case '+':
		return rest, nil
	case '-':
		return nil, ReplyError(rest)
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no reply of Redis: %q", line)
	case sort == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case sort == '$':
		return readBulk(in, n)
	case sort == '*':
		return readArray(in, n)
	}
	return nil, fmt.Errorf("no reply of Redis: %q", line)
}

func readBulk(in *bufio.Reader, n int64) (any, error) {
	text := make([]byte, n+2)
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, err
	}
	return string(text[:n]), nil
}

// readArray returns an error among the elements as an element.
func readArray(in *bufio.Reader, n int64) (any, error) {
	all := make([]any, 0, min(n, 1024))
	for range n {
		element, err := readReply(in)
		var refused ReplyError
		switch {
		case errors.As(err, &refused):
			all = append(all, refused)
		case err != nil:
			return nil, err
		default:
			all = append(all, element)
		}
	}
	return all, nil
}
