package cli

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"policyd-spf/policy"
)

// terminateTimeout limits how long a process that is told to terminate goes on with
// the request that it is answering.
const terminateTimeout = 2 * time.Second

// untilTerminated is an input that ends when the process is told to terminate.
type untilTerminated struct {
	policy.FD
	terminated int // a descriptor that becomes readable then
}

// newUntilTerminated returns an input that ends with SIGTERM, as `postfix stop` sends
// it: the server then logs its last line and ends, as at the end of the input.
func newUntilTerminated(fd policy.FD) (io.Reader, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Reset(syscall.SIGTERM)
		unix.Close(pipe[1])
		time.Sleep(terminateTimeout)
		unix.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	return untilTerminated{fd, pipe[0]}, nil
}

// Read implements io.Reader.
func (in untilTerminated) Read(p []byte) (int, error) {
	fds := []unix.PollFd{{Fd: int32(in.FD), Events: unix.POLLIN}, {Fd: int32(in.terminated), Events: unix.POLLIN}}
	for {
		switch _, err := unix.Poll(fds, -1); {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case fds[1].Revents != 0:
			return 0, io.EOF
		default:
			return in.FD.Read(p)
		}
	}
}
