package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// connectRetry is the pause before another attempt to connect to a UNIX-domain
// socket whose queue is full: the kernel does not report when there is room.
const connectRetry = 10 * time.Millisecond

// dial connects to a target. It uses system calls because package net's dialer
// adds 300 kB and 1 % of start-up time to a program that is started for every
// smtpd process.
func (t target) dial(deadline time.Time) (*os.File, error) {
	addresses, err := t.addresses()
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		var fd int
		if fd, err = open(address, deadline); err == nil {
			return os.NewFile(uintptr(fd), t.socket()), nil // with deadlines: it is non-blocking
		}
	}
	return nil, err
}

// open opens a non-blocking socket and connects it.
func open(address unix.Sockaddr, deadline time.Time) (fd int, err error) {
	family := unix.AF_INET6
	switch address.(type) {
	case *unix.SockaddrUnix:
		family = unix.AF_UNIX
	case *unix.SockaddrInet4:
		family = unix.AF_INET
	}
	if fd, err = unix.Socket(family, unix.SOCK_STREAM, 0); err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	unix.CloseOnExec(fd)
	if err = unix.SetNonblock(fd, true); err == nil {
		err = connect(fd, address, deadline)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// connect connects a non-blocking socket.
func connect(fd int, address unix.Sockaddr, deadline time.Time) error {
	for {
		err := unix.Connect(fd, address)
		switch {
		case err == nil || errors.Is(err, unix.EISCONN):
			return nil
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.EALREADY):
			return os.NewSyscallError("connect", err)
		}
		remaining := time.Until(deadline)
		if remaining <= 0 {
			return os.ErrDeadlineExceeded
		}
		if errors.Is(err, unix.EAGAIN) {
			time.Sleep(min(connectRetry, remaining))
			continue
		}
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		if n, _ := unix.Poll(poll, int(remaining.Milliseconds())+1); n > 0 {
			if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
				return os.NewSyscallError("connect", syscall.Errno(code))
			}
		}
	}
}

// addresses returns the addresses of a target's socket, of which the first that accepts
// a connection is used, as Postfix does.
func (t target) addresses() ([]unix.Sockaddr, error) {
	if t.path != "" {
		return []unix.Sockaddr{&unix.SockaddrUnix{Name: t.path}}, nil
	}
	texts := []string{t.hostPort}
	if port, ok := strings.CutPrefix(t.hostPort, "localhost:"); ok {
		texts = []string{"[::1]:" + port, "127.0.0.1:" + port} // the last error is the one that is reported
	}
	var addresses []unix.Sockaddr
	for _, text := range texts {
		a, err := netip.ParseAddrPort(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q is not an address and a port in numbers", t.hostPort)
		case a.Addr().Is4():
			addresses = append(addresses, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()})
		default:
			addresses = append(addresses, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()})
		}
	}
	return addresses, nil
}
