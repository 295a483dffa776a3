//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package dns

import (
	"syscall"
	"time"
)

// poll waits until something happens at one of the sockets, at most for a time,
// and tells for each whether it did: with a kqueue(2) of its own, as the syscall
// package has no poll(2).
func poll(sockets []socket, timeout time.Duration) {
	queue, err := syscall.Kqueue()
	if err != nil {
		time.Sleep(min(timeout, time.Millisecond)) // there may be descriptors again
		return
	}
	defer syscall.Close(queue)
	changes := make([]syscall.Kevent_t, len(sockets))
	for i, s := range sockets {
		filter := syscall.EVFILT_READ
		if s.events == writable {
			filter = syscall.EVFILT_WRITE
		}
		syscall.SetKevent(&changes[i], int(s.fd), filter, syscall.EV_ADD)
	}
	limit := syscall.NsecToTimespec(max(timeout, 0).Nanoseconds())
	events := make([]syscall.Kevent_t, len(sockets))
	n, _ := syscall.Kevent(queue, changes, events, &limit) // EINTR: nothing happened
	for _, event := range events[:max(n, 0)] {
		for i := range sockets {
			if sockets[i].fd == int32(event.Ident) {
				sockets[i].ready = sockets[i].events
			}
		}
	}
}

// newSocket makes a socket whose calls do not wait.
func newSocket(family, kind int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(family, kind, 0)
	if err != nil {
		return noSocket, err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return noSocket, err
	}
	return fd, nil
}
