package spf

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// This is the only file that knows github.com/miekg/dns, and it uses no more of
// it than what makes records of master files and messages of records: a
// reference to its Client or Server would link crypto/tls.

// masterTTL is the TTL of records in master files that have none.
const masterTTL = time.Hour

// records are resource records as the dns package has them.
type records []dns.RR

// readMaster reads a master file (RFC 1035, 5) into records by name. Names that
// do not end in a dot are below origin. $INCLUDE is an error: what a zone file
// names is not to be read on its behalf.
func readMaster(r io.Reader, origin, file string) (map[string]records, error) {
	names := make(map[string]records)
	p := dns.NewZoneParser(r, dns.Fqdn(origin), "")
	p.SetDefaultTTL(uint32(masterTTL / time.Second))
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name, err := wireName(rr.Header().Name)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, rr.Header().Name, err)
		}
		names[name] = append(names[name], rr)
	}
	if err := p.Err(); err != nil {
		return nil, masterError(file, err)
	}
	for name, rrs := range names { // RFC 2181, 10.1
		if len(rrs) > 1 && len(rrs.of(typeCNAME)) > 0 {
			return nil, fmt.Errorf("%s: %s: expected no other records beside a CNAME record", file, name)
		}
	}
	return names, nil
}

// masterError puts the place first: dns has it behind the text, as in
// "dns: bad A A: "x" at line: 3:12".
func masterError(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "dns: ")
	if text, place, ok := strings.Cut(text, " at line: "); ok {
		return fmt.Errorf("%s:%s: %s", file, place, text)
	}
	return fmt.Errorf("%s: %s", file, text)
}

// of gives the records of the type.
func (rrs records) of(t Type) records {
	var list records
	for _, rr := range rrs {
		if Type(rr.Header().Rrtype) == t {
			list = append(list, rr)
		}
	}
	return list
}

// at gives the records as those of another name, which a wildcard stands for.
func (rrs records) at(name string) records {
	list := make(records, len(rrs))
	for i, rr := range rrs {
		list[i] = dns.Copy(rr)
		list[i].Header().Name = present(name)
	}
	return list
}

// alias gives the name that a CNAME record leads to, "" if Question cannot hold
// it, and for how long it does.
func (rrs records) alias() (name string, ttl time.Duration) {
	name, _ = wireName(rrs[0].(*dns.CNAME).Target)
	return name, lifetime(rrs[0].Header().Ttl)
}

// message is the one in which a name server would send the records as the answer
// to q.
func (rrs records) message(q Question, rcode int, authority records) (message, error) {
	var m dns.Msg
	m.SetQuestion(present(q.Name), uint16(q.Type))
	m.Response, m.RecursionAvailable, m.Compress = true, true, true
	m.Rcode, m.Answer, m.Ns = rcode, rrs, authority
	return m.Pack()
}

// present gives a name of a Question, which is encodable, in the form of the dns
// package.
func present(name string) string {
	text, _, err := dns.UnpackDomainName(appendName(nil, name), 0)
	if err != nil {
		panic(err)
	}
	return text
}

var errDot = errors.New("a dot within a label is not supported")

// wireName gives a name of the dns package in the form that Question has.
func wireName(text string) (string, error) {
	var b [nameLimit + 2]byte
	end, err := dns.PackDomainName(text, b[:], 0, nil, false)
	if err != nil {
		return "", err
	}
	name, ok, err := message(b[:end]).name(nil, 0)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", errDot
	}
	return string(name), nil
}
