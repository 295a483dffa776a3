package cli

import (
	"syscall"

	"policyd-spf/internal/term"
)

// redirectStderr points standard error at /dev/null if it is the same file as
// standard input or output. A crash writes text with an empty line in it, which
// Postfix would read as a reply.
func redirectStderr() {
	if sameFile(2, 0) || sameFile(2, 1) {
		syscall.Close(2)
		syscall.Open("/dev/null", syscall.O_WRONLY, 0) // the lowest free descriptor: 2
	}
}

// sameFile reports whether two descriptors are open on the same file.
func sameFile(a, b int) bool {
	var one, other syscall.Stat_t
	return syscall.Fstat(a, &one) == nil && syscall.Fstat(b, &other) == nil &&
		one.Dev == other.Dev && one.Ino == other.Ino
}

// StdinIsSocket reports whether requests come over a socket, as under spawn(8).
// Then nobody reads what is printed for people.
func StdinIsSocket() bool { return fileType(0) == syscall.S_IFSOCK }

// fileType returns the file type bits of a descriptor's mode, 0 if it is not
// open.
func fileType(fd int) uint32 {
	var stat syscall.Stat_t
	if syscall.Fstat(fd, &stat) != nil {
		return 0
	}
	return uint32(stat.Mode) & syscall.S_IFMT
}

// canNote reports whether a note for people may go to standard error although
// replies follow on standard output: not over a socket, and not into the pipe
// that takes the replies.
func (p *Program) canNote() bool {
	if StdinIsSocket() {
		return false
	}
	kind := fileType(2)
	return !(sameFile(2, 1) && (kind == syscall.S_IFIFO || kind == syscall.S_IFSOCK))
}

// atTerminal reports whether somebody at a terminal types or reads.
func (p *Program) atTerminal() bool {
	return term.IsTerminal(p.Stdin) || term.IsTerminal(p.Stdout)
}

// style returns the style of text on standard output.
func (p *Program) style(o *Options) term.Style {
	return term.Detect(p.Stdout, o.color, p.Getenv)
}
