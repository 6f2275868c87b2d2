package orderio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/orderio"
)

// readAll reads orders to the end, and returns how many there were.
func readAll(r *orderio.Reader) (n int, err error) {
	for o := (order.Order{}); ; n++ {
		if err = r.Next(&o); err != nil {
			return n, err
		}
	}
}

// TestOpenIsInterrupted: a pipe that delivers nothing more keeps nobody waiting whose
// context ends, neither before its first byte nor within it.
func TestOpenIsInterrupted(t *testing.T) {
	t.Parallel()
	const line = `{"cliente":"a","valor":1,"tier":"GOLD"}` + "\n"
	for _, content := range []string{"", "{", line, line + `{"cli`} {
		in, out := io.Pipe()
		ctx, interrupt := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			r, err := orderio.Open(ctx, "-", in)
			if err == nil {
				_, err = readAll(r)
				_ = r.Close()
			}
			ended <- err
		}()
		for _, b := range []byte(content) { // a byte is taken before the next is waited for
			if _, err := out.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		interrupt()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("behind %q: reading ended with %v, want %v", content, err, context.Canceled)
		}
		out.Close() // what still waits for the pipe goes with it
	}
}

// TestOpenLosesNoBytes reads pipes that deliver in any portions, and errors with the last.
func TestOpenLosesNoBytes(t *testing.T) {
	t.Parallel()
	const orders = 5_000
	content := bytes.Repeat([]byte(`{"cliente":"a","valor":1,"tier":"GOLD"}`+"\n"), orders)
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		in   io.Reader
		want error
	}{
		"whole":          {bytes.NewReader(content), io.EOF},
		"halves":         {iotest.HalfReader(bytes.NewReader(content)), io.EOF},
		"bytes":          {iotest.OneByteReader(bytes.NewReader(content)), io.EOF},
		"end with data":  {iotest.DataErrReader(bytes.NewReader(content)), io.EOF},
		"error":          {io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken)), broken},
		"data and error": {iotest.DataErrReader(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))), broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := orderio.Open(t.Context(), "-", tc.in)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if n, err := readAll(r); n != orders || !errors.Is(err, tc.want) {
				t.Errorf("%d orders, then %v; want %d, then %v", n, err, orders, tc.want)
			}
		})
	}
}
