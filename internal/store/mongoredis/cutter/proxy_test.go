package cutter

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// echo sends back whatever it gets.
func echo(t *testing.T) string {
	t.Helper()
	return serve(t, func(conn net.Conn) { _, _ = io.Copy(conn, conn) })
}

// serve handles every connection to the returned address.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		work.Wait()
	})
	work.Go(func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			work.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	return l.Addr().String()
}

// connect connects to an address for the length of the test.
func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// exchange sends text and expects it back.
func exchange(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != text {
		t.Fatalf("sent %q, got %q back, %v", text, got, err)
	}
}

// dead fails unless the connection is broken, rather than ended in order or just silent.
func dead(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := conn.Read(make([]byte, 1))
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read from a connection that is cut: %v, want a reset", err)
	}
}

// refused fails if a connection can be had that is not broken at once.
func refused(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return // it was broken before Dial had a look
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	dead(t, conn)
}

func TestForwardsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	p := Start(t, echo(t))
	sent := make([]byte, 4<<20)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(sent)
	conn := connect(t, p.Addr())
	var sender sync.WaitGroup
	sender.Go(func() {
		if _, err := conn.Write(sent); err != nil {
			t.Error(err)
		}
	})
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("4 MB came back changed, or %v", err)
	}
	sender.Wait()
	if p.Open() != 1 || p.Cuts() != 0 {
		t.Errorf("%d open, %d cut, want 1 and 0", p.Open(), p.Cuts())
	}
}

func TestEndArrivesBehindAllThatWasSent(t *testing.T) {
	t.Parallel()
	p := Start(t, serve(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "last words") }))
	got, err := io.ReadAll(connect(t, p.Addr()))
	if string(got) != "last words" || err != nil {
		t.Errorf("read %q, %v, want last words and an end in order", got, err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p := Start(t, echo(t))
	a, b := connect(t, p.Addr()), connect(t, p.Addr())
	exchange(t, a, "a")
	exchange(t, b, "b")
	if n := p.Cut(); n != 2 || p.Cuts() != 2 {
		t.Errorf("Cut() = %d, Cuts() = %d, want 2 and 2", n, p.Cuts())
	}
	dead(t, a)
	dead(t, b)
	exchange(t, connect(t, p.Addr()), "again")
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	p := Start(t, echo(t))
	before := connect(t, p.Addr())
	exchange(t, before, "before")
	p.Refuse(true)
	refused(t, p.Addr())
	exchange(t, before, "still there")
	p.Refuse(false)
	exchange(t, connect(t, p.Addr()), "again")
}

func TestServerThatIsGone(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	refused(t, Start(t, l.Addr().String()).Addr())
}

func TestStrandedStaySilent(t *testing.T) {
	t.Parallel()
	p := Start(t, echo(t))
	before := connect(t, p.Addr())
	exchange(t, before, "before")
	if n := p.Strand(); n != 1 {
		t.Errorf("Strand() = %d, want 1", n)
	}
	exchange(t, connect(t, p.Addr()), "new ones work")
	if _, err := io.WriteString(before, "held"); err != nil {
		t.Fatal(err)
	}
	// Silence cannot be awaited: what is not held back is here well within this.
	if err := before.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := before.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v, want silence", n, err)
	}
}

func TestBlackholeHoldsBack(t *testing.T) {
	t.Parallel()
	p := Start(t, echo(t))
	before := connect(t, p.Addr())
	exchange(t, before, "before")
	for range 2 { // twice is as once
		p.Blackhole(true)
	}
	during := connect(t, p.Addr())
	for _, conn := range []net.Conn{before, during} {
		if _, err := io.WriteString(conn, "held"); err != nil {
			t.Fatal(err)
		}
		// Silence cannot be awaited: what is not held back is here well within this.
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d bytes, %v, want silence", n, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		p.Blackhole(false)
	}
	for _, conn := range []net.Conn{before, during} {
		got := make([]byte, 4)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != "held" {
			t.Errorf("got %q, %v, want what was held back", got, err)
		}
	}
	p.Blackhole(true) // Close ends those that are held back
}

func TestLatencyDelaysWithoutHoldingUp(t *testing.T) {
	t.Parallel()
	const late = 50 * time.Millisecond
	p := Start(t, serve(t, func(conn net.Conn) {
		for buf := make([]byte, 1); ; {
			if _, err := io.ReadFull(conn, buf); err != nil {
				return
			}
			if _, err := conn.Write(buf); err != nil {
				return
			}
		}
	}))
	p.Latency(late)
	conn := connect(t, p.Addr())
	begun := time.Now()
	exchange(t, conn, "x")
	if took := time.Since(begun); took < late {
		t.Errorf("a reply took %v, want %v or more", took, late)
	}
	p.Latency(0)
	exchange(t, conn, "x")
}

// TestCutEvery sends much in small pieces and looks after how many bytes each connection
// ended.
func TestCutEvery(t *testing.T) {
	t.Parallel()
	const mean, cuts = 100, 20
	lengths := func(d Direction, seed uint64) []int {
		got := make(chan int, cuts+1)
		p := Start(t, serve(t, func(conn net.Conn) {
			var n int
			if d == ToServer {
				for buf := make([]byte, 1); ; n++ {
					if _, err := conn.Read(buf); err != nil {
						break
					}
				}
				got <- n
			}
			_, _ = io.ReadFull(conn, make([]byte, 1))
			_, _ = conn.Write(make([]byte, 10*mean))
			_, _ = io.Copy(io.Discard, conn) // until it is cut
		}))
		p.CutEvery(d, mean, seed)
		var all []int
		for range cuts {
			conn := connect(t, p.Addr())
			if d == ToServer {
				_, _ = conn.Write(make([]byte, 10*mean))
				all = append(all, <-got)
				dead(t, conn)
				continue
			}
			_, _ = conn.Write([]byte{1})
			text, err := io.ReadAll(conn)
			if err == nil {
				t.Error("a connection ended in order, want it cut")
			}
			all = append(all, len(text))
		}
		if p.Cuts() != cuts {
			t.Errorf("Cuts() = %d, want %d", p.Cuts(), cuts)
		}
		p.CutEvery(d, 0, 0)
		conn := connect(t, p.Addr())
		if d == ToClient {
			_, _ = conn.Write([]byte{1})
			if _, err := io.ReadFull(conn, make([]byte, 10*mean)); err != nil {
				t.Errorf("once it is over: %v", err)
			}
		}
		return all
	}
	for _, d := range []Direction{ToServer, ToClient} {
		first := lengths(d, 7)
		if diff := cmp.Diff(first, lengths(d, 7)); diff != "" {
			t.Errorf("the same seed cuts elsewhere (-first +second):\n%s", diff)
		}
		if cmp.Equal(first, lengths(d, 8)) {
			t.Error("another seed cuts at the same places")
		}
		for _, n := range first {
			if n < 1 || n > 2*mean {
				t.Errorf("cut after %d bytes, want 1 to %d", n, 2*mean)
			}
		}
	}
}
