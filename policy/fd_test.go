package policy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// socketPair returns the two ends of a socket of streams: ours is non-blocking.
func socketPair(t *testing.T) (ours, peer FD) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	if err := unix.SetNonblock(fds[0], true); err != nil {
		t.Fatal(err)
	}
	return FD(fds[0]), FD(fds[1])
}

// blocked is how long a call must last to count as waiting: one that does not wait
// fails at once with EAGAIN.
const blocked = 20 * time.Millisecond

// waits fails the test unless done stays open until act, and closes after it.
func waits(t *testing.T, done <-chan struct{}, act func()) {
	t.Helper()
	select {
	case <-done:
		t.Error("the call did not wait")
	case <-time.After(blocked):
	}
	act()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the call did not return")
	}
}

func TestFDRead_nonBlocking(t *testing.T) {
	ours, peer := socketPair(t)
	buf := make([]byte, 10)
	var n int
	var err error
	done := make(chan struct{})
	go func() { n, err = ours.Read(buf); close(done) }()
	waits(t, done, func() { unix.Write(int(peer), []byte("request")) })
	if err != nil || string(buf[:n]) != "request" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}

func TestFDRead_endOfInput(t *testing.T) {
	ours, peer := socketPair(t)
	done := make(chan struct{})
	var err error
	go func() { _, err = ours.Read(make([]byte, 10)); close(done) }()
	waits(t, done, func() { unix.Shutdown(int(peer), unix.SHUT_RDWR) })
	if err != io.EOF {
		t.Errorf("got %v, want %v", err, io.EOF)
	}
}

// TestFDWrite_nonBlocking: Write waits while the socket is full, and nothing is lost or
// repeated.
func TestFDWrite_nonBlocking(t *testing.T) {
	ours, peer := socketPair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // more than a socket holds
	var n int
	var err error
	done := make(chan struct{})
	go func() { n, err = ours.Write(sent); close(done) }()
	var got []byte
	waits(t, done, func() {
		buf := make([]byte, 1<<16)
		for len(got) < len(sent) {
			n, err := peer.Read(buf)
			if err != nil {
				t.Errorf("after %d bytes: %v", len(got), err)
				return
			}
			got = append(got, buf[:n]...)
		}
	})
	if err != nil || n != len(sent) {
		t.Errorf("wrote %d bytes of %d, %v", n, len(sent), err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("the peer got %d bytes, not what was sent", len(got))
	}
}

// TestFDWait: it sleeps until the descriptor is ready, and does not spin.
func TestFDWait(t *testing.T) {
	ours, peer := socketPair(t)
	done := make(chan struct{})
	var err error
	go func() { err = ours.wait(unix.POLLIN); close(done) }()
	waits(t, done, func() { unix.Write(int(peer), []byte("x")) })
	if err != nil {
		t.Error(err)
	}
}

func TestFD_errors(t *testing.T) {
	const closed = FD(-1)
	if _, err := closed.Read(make([]byte, 1)); !errors.Is(err, unix.EBADF) {
		t.Errorf("Read of a closed descriptor: %v", err)
	}
	if _, err := closed.Write([]byte("x")); !errors.Is(err, unix.EBADF) {
		t.Errorf("Write to a closed descriptor: %v", err)
	}
}

// TestServe_nonBlocking: a server on a socket that somebody has made non-blocking
// answers all requests, and ends with its input.
func TestServe_nonBlocking(t *testing.T) {
	ours, peer := socketPair(t)
	s, _ := newServer(t, "", sameRecord())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(context.Background(), ours, ours) }()
	for range 3 {
		if _, err := peer.Write([]byte(passRequest)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, maxReply)
		n, err := peer.Read(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), "action=prepend ") {
			t.Fatalf("got %q, %v", buf[:n], err)
		}
	}
	unix.Shutdown(int(peer), unix.SHUT_WR)
	if err := <-ended; err != nil {
		t.Errorf("Serve returned %v at the end of its input", err)
	}
}

// A read of no bytes is not the end of the input.
func TestFDRead_nothing(t *testing.T) {
	ours, peer := socketPair(t)
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := ours.Read(nil); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
