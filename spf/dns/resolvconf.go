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
	// maxServers is how many nameserver lines count (MAXNS of resolver(5)).
	maxServers = 3

	// maxTimeout and maxAttempts are what resolver(5) caps the options
	// timeout and attempts to.
	maxTimeout  = 30
	maxAttempts = 5

	// maxResolvConf bounds what is read of the file, in octets: none of use is
	// longer, and a mistaken one must not fill the memory.
	maxResolvConf = 64 << 10

	domainPort = 53 // RFC 1035, 4.2
)

// ResolvConf is what resolv.conf(5) says of name servers. The search list has
// no part in it: SPF's names are absolute.
type ResolvConf struct {
	Servers  []netip.AddrPort // at most three
	Timeout  time.Duration    // for an answer, before the next server or attempt
	Attempts int              // times that each server is asked
	Rotate   bool             // begin each lookup with another server
	UseTCP   bool             // do without UDP
	Ignored  []IgnoredLine    // lines of the file, or parts of them, without effect
}

// DefaultResolvConf is what holds without the file: the name server of this
// host, 5 seconds, 2 attempts.
func DefaultResolvConf() ResolvConf {
	return ResolvConf{
		Servers:  []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), domainPort)},
		Timeout:  5 * time.Second,
		Attempts: 2,
	}
}

// ReadResolvConf reads a file in the format of resolv.conf(5). As in the C
// library, what it does not understand it passes over, and what the file does
// not say is as DefaultResolvConf has it. What it returns can be used together
// with an error too, which tells why the file could not be read.
func ReadResolvConf(path string) (ResolvConf, error) {
	conf := DefaultResolvConf()
	// os.Open would set up the run-time's poller, which takes longer than the
	// rest; and a FIFO without a writer must not block.
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

// read changes conf as the lines of r say.
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
		if strings.HasPrefix(l.Text, "nameserver") {
			conf.Ignored[i].Used = conf.Servers[0].String() + ", because no line names a server"
		}
	}
	return nil
}

// option changes conf as one word of an options line says. It returns why the word
// has no effect, if it has none.
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

// number reads a number from 1 to most; what is outside counts as the nearest
// of them.
func number(s string, most int) (n int, ok bool) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil && v == 0 { // no number; one too large gives the largest
		return 0, false
	}
	return int(min(max(v, 1), uint64(most))), true
}
