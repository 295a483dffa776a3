package policy

import (
	"io"

	"golang.org/x/sys/unix"
)

// FD is a file descriptor that reads requests or writes replies. Reads and writes
// block whatever the descriptor's flags are: under spawn(8) it shares its socket
// with other processes, and any of them can set O_NONBLOCK for all. An os.File
// would then fail with EAGAIN.
type FD int

// Read implements io.Reader.
func (fd FD) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(fd), p)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := fd.wait(unix.POLLIN); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Write implements io.Writer.
func (fd FD) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Write(int(fd), p[written:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := fd.wait(unix.POLLOUT); err != nil {
				return written, err
			}
		case err != nil:
			return written, err
		default:
			written += n
		}
	}
	return written, nil
}

// wait waits until the descriptor is ready for an event or has failed. The next
// read or write returns the failure.
func (fd FD) wait(event int16) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: event}}
	for {
		if _, err := unix.Poll(fds, -1); err != unix.EINTR {
			return err
		}
	}
}
