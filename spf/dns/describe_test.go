package dns

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"policyd-spf/spf/dns/dnstest"
)

// shortTimeout is the client's time-out where a test waits for it, and longTimeout
// where it must not be reached.
const (
	shortTimeout = 60 * time.Millisecond
	longTimeout  = 20 * time.Second
)

// patiently returns the error of a check with a time-out. If there is one, the check is
// repeated with longer time-outs: on a busy machine the answer of a server can be later
// than a short one.
func patiently(timeout time.Duration, check func(timeout time.Duration) error) error {
	err := check(timeout)
	for err != nil && timeout < longTimeout/10 {
		timeout *= 6
		err = check(timeout)
	}
	return err
}

// noTime is no deadline.
var noTime time.Time

// testQuestion is the question that dnstest.Good answers with wantAnswer.
var testQuestion = Question{"x.test", TypeTXT}

const wantAnswer = `["v=spf1 -all"] 60`

// newClient returns a client of the servers.
func newClient(conf ResolvConf, servers ...*dnstest.Server) *Client {
	for _, s := range servers {
		conf.Servers = append(conf.Servers, s.Addr)
	}
	return NewClient(conf)
}

// describe returns an outcome as text.
func describe(a Answer, err error) string {
	var e *Error
	if errors.As(err, &e) {
		switch e.Kind {
		case BadRcode:
			return RcodeName(e.Rcode)
		case TooManyCNAMEs:
			return fmt.Sprint("limit ", MaxCNAMEs)
		}
		return [...]string{Timeout: "timeout", OutOfTime: "out of time", Malformed: "malformed", Network: "network"}[e.Kind]
	}
	if err != nil {
		return err.Error()
	}
	var s strings.Builder
	switch {
	case a.NXDomain:
		s.WriteString("NXDOMAIN ")
	case a.Void():
		s.WriteString("NODATA ")
	}
	for _, record := range a.TXT {
		fmt.Fprintf(&s, "%q ", record)
	}
	for _, addr := range a.Addrs {
		fmt.Fprintf(&s, "%v ", addr)
	}
	for _, name := range a.Names {
		fmt.Fprintf(&s, "%q ", name)
	}
	fmt.Fprint(&s, int(a.TTL/time.Second))
	return s.String()
}
