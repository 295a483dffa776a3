package dns

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// This is the only file that knows github.com/miekg/dns, and it uses no more
// of it than what turns octets and master files into records: a reference to
// its Client or Server would link crypto/tls.

// maxTTL is the longest time for which an answer is used: a process may live
// for weeks, and no publisher's slip should outlive a day (RFC 8767, 4, lets
// resolvers cap TTLs).
const maxTTL = 24 * time.Hour

// MaxNames is how many hosts of an MX or PTR answer are kept. Ten are of use
// (RFC 7208, 4.6.4); a message has room for thousands, of a length that would
// take up megabytes.
const MaxNames = 100

// masterTTL is the TTL of records in master files that have none.
const masterTTL = time.Hour

// The RCODEs that decide what happens next.
const (
	rcodeSuccess  = dns.RcodeSuccess
	rcodeFormErr  = dns.RcodeFormatError
	rcodeServFail = dns.RcodeServerFailure
	rcodeNXDomain = dns.RcodeNameError
	rcodeNotImp   = dns.RcodeNotImplemented
	rcodeBadVers  = dns.RcodeBadVers
)

// response is what a message says about a question.
type response struct {
	rcode   int
	answer  Answer   // without regard to rcode
	aliases []string // the names that the question's is an alias for, as far as the message goes
	open    bool     // it does not tell whether the last of aliases has data; the TTL is the aliases'
}

var (
	errNoAddress = errors.New("address record without an address")
	errEmpty     = errors.New("record without data")
	errMissing   = errors.New("fewer records than announced")
	errReferral  = errors.New("referral to other servers")
)

// unpack reads msg, which answers q.
func unpack(msg []byte, q Question) (response, error) {
	var m dns.Msg
	if err := m.Unpack(msg); err != nil {
		return response{}, err
	}
	r := response{rcode: m.Rcode}
	r.answer.Size = len(msg)
	r.answer.NXDomain = m.Rcode == rcodeNXDomain
	if m.Rcode != rcodeSuccess && m.Rcode != rcodeNXDomain {
		return r, nil
	}
	// The dns package takes a message that ends between two records for whole.
	if len(m.Answer) != int(binary.BigEndian.Uint16(msg[6:])) { // ANCOUNT (RFC 1035, 4.1.1)
		return response{}, errMissing
	}
	for _, rr := range m.Answer { // nor does it mind empty ones
		if h := rr.Header(); h.Rdlength == 0 && h.Rrtype != dns.TypeTXT {
			return response{}, errEmpty
		}
	}

	name, ttl := present(q.Name), maxTTL
	for {
		if m.Rcode == rcodeSuccess {
			found, dataTTL, err := r.answer.add(m.Answer, name, q.Type)
			if err != nil {
				return response{}, err
			}
			if found {
				r.answer.TTL = min(ttl, dataTTL)
				return r, nil
			}
		}
		alias := records(m.Answer).canonical(name)
		if alias == nil {
			break
		}
		name, ttl = alias.Target, min(ttl, lifetime(alias.Hdr.Ttl))
		target, _ := wireName(name)
		repeated := target == q.Name || slices.Contains(r.aliases, target)
		r.aliases = append(r.aliases, target)
		if repeated || len(r.aliases) > MaxCNAMEs {
			return r, nil
		}
	}
	// No data. The SOA record of a negative answer tells for how long; without
	// one it should not be kept (RFC 2308, 5), and may be one cut short.
	switch negative, ok := records(m.Ns).negativeTTL(); {
	case ok:
		r.answer.TTL = min(ttl, negative)
	case m.Rcode == rcodeSuccess && len(r.aliases) > 0:
		r.open, r.answer.TTL = true, ttl
	case m.Rcode == rcodeSuccess && !m.Authoritative && !m.RecursionAvailable && len(records(m.Ns).of(typeNS)) > 0:
		return response{}, errReferral // RFC 2308, 2.2
	}
	return r, nil
}

// records are resource records as the dns package has them.
type records []dns.RR

// add takes the data of name from the records, and tells whether there are any
// and the smallest of their TTLs. Whatever else is among the records is of no
// interest.
func (a *Answer) add(rrs records, name string, t Type) (found bool, ttl time.Duration, err error) {
	ttl = maxTTL
	var exchanges []*dns.MX
	for _, rr := range rrs {
		h := rr.Header()
		if Type(h.Rrtype) != t || h.Class != dns.ClassINET || !strings.EqualFold(h.Name, name) {
			continue
		}
		found, ttl = true, min(ttl, lifetime(h.Ttl))
		switch rr := rr.(type) {
		case *dns.TXT:
			text := make([]string, len(rr.Txt)) // rr may be a zone's
			for i, s := range rr.Txt {
				text[i] = unescape(s)
			}
			a.TXT = append(a.TXT, text)
		case *dns.A:
			ip, ok := netip.AddrFromSlice(rr.A)
			if !ok {
				return false, 0, errNoAddress
			}
			a.Addrs = append(a.Addrs, ip.Unmap())
		case *dns.AAAA:
			ip, ok := netip.AddrFromSlice(rr.AAAA)
			if !ok {
				return false, 0, errNoAddress
			}
			a.Addrs = append(a.Addrs, ip)
		case *dns.MX:
			exchanges = append(exchanges, rr)
		case *dns.PTR:
			if len(a.Names) < MaxNames {
				host, _ := wireName(rr.Ptr)
				a.Names = append(a.Names, host)
			}
		}
	}
	slices.SortStableFunc(exchanges, func(a, b *dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	if len(exchanges) > MaxNames {
		exchanges = exchanges[:MaxNames]
	}
	for _, mx := range exchanges { // RFC 5321, 5.1: lower numbers first
		host, _ := wireName(mx.Mx)
		a.Names = append(a.Names, host)
	}
	return found, ttl, nil
}

// canonical gives the CNAME record of name, or nil.
func (rrs records) canonical(name string) *dns.CNAME {
	for _, rr := range rrs {
		c, ok := rr.(*dns.CNAME)
		if ok && c.Hdr.Class == dns.ClassINET && strings.EqualFold(c.Hdr.Name, name) {
			return c
		}
	}
	return nil
}

// negativeTTL tells for how long a negative answer with these records holds, if
// there is a SOA record among them (RFC 2308, 5).
func (rrs records) negativeTTL() (time.Duration, bool) {
	for _, rr := range rrs {
		if soa, ok := rr.(*dns.SOA); ok && soa.Hdr.Class == dns.ClassINET {
			return min(lifetime(soa.Hdr.Ttl), lifetime(soa.Minttl)), true
		}
	}
	return 0, false
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

// message tells how many octets the answer to q takes up on the wire if these
// records are its answer section.
func (rrs records) message(q Question) int {
	m := dns.Msg{Answer: rrs, Compress: true}
	m.SetQuestion(present(q.Name), uint16(q.Type))
	return m.Len()
}

// readMaster reads a master file (RFC 1035, 5) into records by name. Names that
// do not end in a dot are below origin. $INCLUDE is an error: what a zone file
// of unknown origin names is not to be read on its behalf.
func readMaster(r io.Reader, origin, file string) (map[string]records, error) {
	names := make(map[string]records)
	p := dns.NewZoneParser(r, dns.Fqdn(origin), "")
	p.SetDefaultTTL(uint32(masterTTL / time.Second))
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name, ok := wireName(rr.Header().Name)
		if !ok {
			return nil, fmt.Errorf("%s: %s: a dot within a label is not supported", file, rr.Header().Name)
		}
		names[name] = append(names[name], rr)
	}
	if err := p.Err(); err != nil {
		return nil, masterError(file, err)
	}
	for name, rrs := range names { // RFC 2181, 10.1
		if len(rrs) > 1 && len(rrs.of(Type(dns.TypeCNAME))) > 0 {
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

// lifetime is the time that a TTL means.
func lifetime(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		return 0 // RFC 2181, 8
	}
	return min(time.Duration(ttl)*time.Second, maxTTL)
}
