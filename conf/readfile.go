package conf

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("file too large")
)

// readText returns the text of a regular file of at most limit bytes, with LF as
// line end, and the description of the file from before it was read. It does not
// wait for a writer if the file is a FIFO.
func readText(path string, limit int64) (string, fs.FileInfo, error) {
	f, err := open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", nil, err
	case info.IsDir():
		return "", nil, syscall.EISDIR
	case !info.Mode().IsRegular():
		return "", nil, errNotRegular
	case info.Size() > limit:
		return "", nil, errTooLarge
	}
	var text strings.Builder
	text.Grow(int(info.Size()))
	const chunk = 4 << 10 // larger ones are no faster
	n, err := io.CopyBuffer(&text, io.LimitReader(f, limit+1), make([]byte, min(info.Size()+1, chunk)))
	switch {
	case err != nil:
		return "", nil, err
	case n > limit: // the file grows, or its size is not known, as in /proc
		return "", nil, errTooLarge
	}
	if !utf8.ValidString(text.String()) {
		return universalNewlines(DecodeUTF8([]byte(text.String()))), info, nil
	}
	return universalNewlines(text.String()), info, nil
}

// open opens a file for reading. Unlike os.Open it does not set up the runtime's
// network poller, which costs 10 to 20 microseconds of a process start, and polling
// from then on.
func open(path string) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		switch err {
		case nil:
			// os.NewFile would use the poller for a non-blocking descriptor.
			if err := syscall.SetNonblock(fd, false); err != nil {
				syscall.Close(fd)
				return nil, err
			}
			return os.NewFile(uintptr(fd), path), nil
		case syscall.EINTR:
		default:
			return nil, err
		}
	}
}

// systemError returns the reason of an error, without operation and path and with
// a capital, as strerror(3) does.
func systemError(err error) string {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		err = errno
	}
	first, size := utf8.DecodeRuneInString(err.Error())
	return string(unicode.ToUpper(first)) + err.Error()[size:]
}

// systemMode returns the type and the permissions of a file as stat(2) does.
func systemMode(info fs.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint32(st.Mode)
	}
	return uint32(info.Mode().Perm())
}
