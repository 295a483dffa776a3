package dns

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// maxServers is the number of nameserver lines that have an effect (MAXNS in
	// resolver(5)).
	maxServers = 3

	// maxTimeout, in seconds, and maxAttempts cap the options timeout and attempts,
	// as in resolver(5).
	maxTimeout  = 30
	maxAttempts = 5

	// maxResolvConf bounds how much of the file is read, in bytes: no useful file is
	// longer, and a wrong one must not fill the memory.
	maxResolvConf = 64 << 10

	domainPort = 53 // RFC 1035, 4.2
)

// ResolvConf is what resolv.conf(5) says about name servers. It has no search list:
// the names in SPF are absolute.
type ResolvConf struct {
	Servers  []netip.AddrPort // at most three
	Timeout  time.Duration    // for an answer, before the next server or attempt
	Attempts int              // how often each server is tried
	Rotate   bool             // begin each lookup with another server
	UseTCP   bool             // use TCP only
	Ignored  []IgnoredLine    // lines, or parts of them, that have no effect
}

// DefaultResolvConf returns the defaults of resolver(5): the name server on this
// host, 5 seconds, 2 attempts.
func DefaultResolvConf() ResolvConf {
	return ResolvConf{
		Servers:  []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), domainPort)},
		Timeout:  5 * time.Second,
		Attempts: 2,
	}
}

// ReadResolvConf reads a file in the format of resolv.conf(5). As in the C library,
// it ignores what it does not understand (see ResolvConf.Ignored), and uses the
// values of DefaultResolvConf for what the file does not set. The result is usable
// even with an error, which is why the file could not be read.
func ReadResolvConf(path string) (ResolvConf, error) {
	conf := DefaultResolvConf()
	// os.Open would set up the runtime's poller, which takes longer than reading
	// the file; and a FIFO without a writer must not block.
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return conf, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		syscall.Close(fd)
		return conf, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return conf, err
	}
	if !info.Mode().IsRegular() {
		return conf, fmt.Errorf("%s: expected a regular file", path)
	}
	if err := conf.read(io.LimitReader(f, maxResolvConf)); err != nil {
		return DefaultResolvConf(), fmt.Errorf("%s: %w", path, err)
	}
	return conf, nil
}

// read sets the fields of conf from the lines of r.
func (conf *ResolvConf) read(r io.Reader) error {
	var servers []netip.AddrPort
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	lineNumber := 0
	for line := range strings.Lines(string(text)) {
		lineNumber++
		if i := strings.IndexAny(line, "#;"); i >= 0 {
			line = line[:i]
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch keyword, values := words[0], words[1:]; keyword {
		case "nameserver":
			server, ignored := parseServer(values, len(servers))
			if server.IsValid() {
				servers = append(servers, server)
			}
			conf.ignore(lineNumber, line, ignored)
		case "options":
			for _, word := range values {
				conf.ignore(lineNumber, line, conf.option(word))
			}
		default:
			conf.ignore(lineNumber, line, unusedKeyword(keyword))
		}
	}
	if len(servers) > 0 {
		conf.Servers = servers
		return nil
	}
	for i, l := range conf.Ignored {
		if strings.Contains(strings.ToLower(l.Text), "nameserver") {
			conf.Ignored[i].Used = conf.Servers[0].String() + ", because no line names a server"
		}
	}
	return nil
}

// option applies one word of an options line. If the word has no effect, option
// returns the reason.
func (conf *ResolvConf) option(word string) IgnoredLine {
	name, value, _ := strings.Cut(word, ":")
	switch name {
	case "timeout":
		n, ok := number(value, maxTimeout)
		if !ok {
			return badNumber(word)
		}
		conf.Timeout = time.Duration(n) * time.Second
	case "attempts":
		n, ok := number(value, maxAttempts)
		if !ok {
			return badNumber(word)
		}
		conf.Attempts = n
	case "rotate":
		conf.Rotate = true
	case "use-vc":
		conf.UseTCP = true
	default:
		return unusedOption(name)
	}
	return IgnoredLine{}
}

// number parses a number and clamps it to the range from 1 to most.
func number(s string, most int) (n int, ok bool) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil && v == 0 { // not a number; ParseInt clamps one that is too large
		return 0, false
	}
	return int(min(max(v, 1), uint64(most))), true
}
