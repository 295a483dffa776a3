package dns

import (
	"syscall"
	"time"
	"unsafe"
)

// poll waits until something happens at one of the sockets, at most for a time,
// and tells for each whether it did: ppoll(2), as epoll(7) takes a call more for
// each socket.
func poll(sockets []socket, timeout time.Duration) {
	const sizeOfMask = 8
	limit := syscall.NsecToTimespec(max(timeout, 0).Nanoseconds())
	_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(sockets))), uintptr(len(sockets)),
		uintptr(unsafe.Pointer(&limit)), 0, sizeOfMask, 0)
	if errno != 0 && errno != syscall.EINTR { // it cannot wait, and must not spin
		time.Sleep(min(timeout, time.Millisecond))
	}
}

// newSocket makes a socket whose calls do not wait.
func newSocket(family, kind int) (int, error) {
	return syscall.Socket(family, kind|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
}
