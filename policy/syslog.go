package policy

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Facility is the facility of all lines: mail (RFC 5424, 6.2.1).
const Facility = 2

// syslogTimeout limits the wait for a syslogd that does not read. After
// one such wait there is no other until syslogd takes a line: a request may lose
// lines, but not time.
const syslogTimeout = 100 * time.Millisecond

// Syslog is a Sink that writes to the local syslogd. It opens its socket when the
// first line is written, and again whenever necessary.
type Syslog struct {
	paths   []string
	ident   string // precedes the text: the program's name and process id
	fd      int    // -1: not open
	stream  bool   // a stream socket, in which lines are terminated
	stalled bool   // the last line was dropped because nobody read
	packet  []byte
}

// NewSyslog returns the Sink for a program, whose name is the last part of its path.
// Without paths of sockets it tries those where syslogds listen.
func NewSyslog(program string, paths ...string) *Syslog {
	if len(paths) == 0 {
		paths = []string{"/dev/log", "/var/run/syslog", "/var/run/log"}
	}
	return &Syslog{
		paths: paths,
		ident: sanitize(filepath.Base(program)) + "[" + strconv.Itoa(os.Getpid()) + "]: ",
		fd:    -1,
	}
}

// Write implements Sink. Lines that cannot be delivered are dropped.
func (s *Syslog) Write(lines []Line) {
	opened := false
	now := time.Now()
	for _, line := range lines {
		s.packet = s.format(s.packet[:0], now, line)
		if s.fd >= 0 && s.send() {
			continue
		}
		if s.fd < 0 && !opened { // once for all these lines: there may be no syslogd
			opened = true
			if s.open() {
				s.send()
			}
		}
	}
}

// Close closes the socket.
func (s *Syslog) Close() {
	if s.fd >= 0 {
		syscall.Close(s.fd)
		s.fd = -1
	}
}

// format appends a line in the form that local programs send (RFC 3164, 4.1.2,
// without the host name).
func (s *Syslog) format(b []byte, now time.Time, line Line) []byte {
	b = append(b, '<')
	b = strconv.AppendInt(b, Facility<<3|int64(line.Priority), 10)
	b = append(b, '>')
	b = now.AppendFormat(b, time.Stamp+" ")
	b = append(b, s.ident...)
	return append(b, line.Text...)
}

// open connects to the first socket that a syslogd listens on.
func (s *Syslog) open() bool {
	for _, kind := range [...]int{syscall.SOCK_DGRAM, syscall.SOCK_STREAM} {
		for _, path := range s.paths {
			if isNoSocket(path) { // without syslogd, trying would cost seven system calls a request
				continue
			}
			fd, err := syscall.Socket(syscall.AF_UNIX, kind, 0)
			if err != nil {
				return false
			}
			syscall.CloseOnExec(fd)
			err = s.connect(fd, path)
			if err == nil {
				s.fd, s.stream = fd, kind == syscall.SOCK_STREAM
				return true
			}
			s.stalled = s.stalled || err == syscall.EAGAIN // too many clients wait
			syscall.Close(fd)
		}
	}
	return false
}

// isNoSocket reports whether there is certainly no socket at path.
func isNoSocket(path string) bool {
	var st syscall.Stat_t
	err := syscall.Stat(path, &st)
	return err == syscall.ENOENT || err == nil && st.Mode&syscall.S_IFMT != syscall.S_IFSOCK
}

// connect connects a socket within syslogTimeout, or at once if that was not enough
// the last time.
func (s *Syslog) connect(fd int, path string) error {
	timeout := syscall.NsecToTimeval(int64(syslogTimeout))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout); err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, s.stalled); err != nil {
		return err
	}
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		return err
	}
	return syscall.SetNonblock(fd, false)
}

// send sends the packet. It reports whether the socket is still usable; the line may
// have been dropped all the same.
func (s *Syslog) send() bool {
	flags := 0
	if s.stalled {
		flags = syscall.MSG_DONTWAIT
	}
	packet := s.packet
	if s.stream {
		packet = append(packet, '\n')
	}
	for {
		n, err := syscall.SendmsgN(s.fd, packet, nil, nil, flags)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN || err == syscall.ENOBUFS || err == syscall.EMSGSIZE:
			s.stalled = err != syscall.EMSGSIZE
			return true
		case err == nil && n == len(packet):
			s.stalled = false
			return true
		}
		s.Close() // syslogd is gone, or half a line is on the stream
		return false
	}
}
