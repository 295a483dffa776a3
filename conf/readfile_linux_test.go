package conf

import (
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// A configuration file's descriptor blocks, and is not inherited.
func TestOpenFlags(t *testing.T) {
	f, err := open(write(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	conn, err := f.SyscallConn() // f.Fd would make the descriptor blocking
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name            string
		command         uintptr
		flag, wantFlags uintptr
	}{
		{name: "close on exec", command: syscall.F_GETFD, flag: syscall.FD_CLOEXEC, wantFlags: syscall.FD_CLOEXEC},
		{name: "blocking", command: syscall.F_GETFL, flag: syscall.O_NONBLOCK, wantFlags: 0},
	} {
		var flags uintptr
		var errno syscall.Errno
		err := conn.Control(func(fd uintptr) { flags, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, test.command, 0) })
		if err != nil || errno != 0 || flags&test.flag != test.wantFlags {
			t.Errorf("%s: flags %#x, %v", test.name, flags, errno)
		}
	}
}

// A per-user file that is a device or a FIFO is not even opened.
func TestPerUserDoesNotOpenFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	watch, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Skip("no inotify: ", err)
	}
	defer syscall.Close(watch)
	if _, err := syscall.InotifyAddWatch(watch, path, syscall.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	NewPerUser("text,"+path).Lookup("u", Default())
	event := make([]byte, unsafe.Sizeof(syscall.InotifyEvent{})+syscall.NAME_MAX)
	if n, err := syscall.Read(watch, event); err != syscall.EAGAIN {
		t.Errorf("the FIFO was opened: read %d bytes of events, %v", n, err)
	}
}
