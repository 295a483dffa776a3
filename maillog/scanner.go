package maillog

import (
	"bytes"
	"errors"
	"io"
)

// bufferSize is the size of a read: the cost of a system call for this much is
// negligible. It must be larger than MaxLine.
const bufferSize = 256 << 10

// Scanner reads the lines of a log. For a line longer than MaxLine it
// returns the first MaxLine+1 bytes, which a Parser does not accept as a line.
type Scanner struct {
	in         io.Reader
	buf        []byte
	start, end int // buf[start:end] is still to be returned
	line       []byte
	size       int64
	err        error // of in, to be returned after what is in buf
}

// NewScanner returns a Scanner of in.
func NewScanner(in io.Reader) *Scanner {
	return &Scanner{in: in, buf: make([]byte, bufferSize)}
}

// Reset makes s read in, with the memory that it has.
func (s *Scanner) Reset(in io.Reader) { *s = Scanner{in: in, buf: s.buf} }

// Scan reads the next line. It returns false at the end of the input. A last line
// without a line feed is a line, except before an error.
func (s *Scanner) Scan() bool {
	searched := s.start // no line feed before this
	for {
		if i := bytes.IndexByte(s.buf[searched:s.end], '\n'); i >= 0 {
			s.take(searched+i, searched+i+1)
			return true
		}
		if s.end-s.start > MaxLine {
			return s.skip()
		}
		if s.err != nil {
			if s.start == s.end || s.Err() != nil {
				return false
			}
			s.take(s.end, s.end) // a last line without a line feed
			return true
		}
		searched = s.fill()
	}
}

// fill reads more, and returns the offset of the new data.
func (s *Scanner) fill() int {
	const maxEmpty = 100 // reads that return nothing and no error
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.start, s.end = 0, s.end-s.start
	}
	from := s.end
	for range maxEmpty {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return from
		}
	}
	s.err = io.ErrNoProgress
	return from
}

// skip returns the beginning of a line that is too long, and reads up to its
// end.
func (s *Scanner) skip() bool {
	s.line = append(make([]byte, 0, MaxLine+1), s.buf[s.start:s.start+MaxLine+1]...)
	for {
		if i := bytes.IndexByte(s.buf[s.start:s.end], '\n'); i >= 0 {
			s.size += int64(i + 1)
			s.start += i + 1
			return true
		}
		s.size += int64(s.end - s.start)
		s.start = s.end
		if s.err != nil {
			return true
		}
		s.fill()
	}
}

// take makes buf[start:end] the line, and continues at next.
func (s *Scanner) take(end, next int) {
	s.line = s.buf[s.start:end]
	if n := len(s.line); n > 0 && s.line[n-1] == '\r' {
		s.line = s.line[:n-1]
	}
	s.line = s.line[:min(len(s.line), MaxLine+1)]
	s.size += int64(next - s.start)
	s.start = next
}

// Bytes returns the line without its line ending. It is valid until the next
// Scan.
func (s *Scanner) Bytes() []byte { return s.line }

// Size returns how many bytes the lines so far had.
func (s *Scanner) Size() int64 { return s.size }

// Err returns the error that ended the input, nil for its end.
func (s *Scanner) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}
