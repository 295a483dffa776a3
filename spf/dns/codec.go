package dns

import (
	"bytes"
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

// This is the only file that imports github.com/miekg/dns. It uses what parses
// messages and zone files only: a reference to its Client or Server would link
// crypto/tls.

// maxTTL caps TTLs, as RFC 8767, 4 allows. A process may live for weeks, and no
// publisher's mistake should outlive a day.
const maxTTL = 24 * time.Hour

// MaxNames is the number of names of an MX or PTR answer that are kept. A message
// can hold thousands, whose text would take megabytes.
const MaxNames = 100

// defaultTTL is the TTL of records in zone files that have none.
const defaultTTL = time.Hour

// The RCODEs that a client treats differently from others.
const (
	rcodeSuccess  = dns.RcodeSuccess
	rcodeFormErr  = dns.RcodeFormatError
	rcodeServFail = dns.RcodeServerFailure
	rcodeNXDomain = dns.RcodeNameError
	rcodeNotImp   = dns.RcodeNotImplemented
	rcodeYXDomain = dns.RcodeYXDomain
	rcodeBadVers  = dns.RcodeBadVers
	rcodeRefused  = dns.RcodeRefused
)

// response is the content of a message, as an answer to one question.
type response struct {
	rcode      int
	answer     Answer   // whatever the rcode
	aliases    []string // the chain of aliases that begins at the question's name
	chaseCNAME bool     // it is unknown whether the last alias has data; the TTL is that of the chain
}

var (
	errNoAddress = errors.New("address record without an address")
	errEmpty     = errors.New("record without data")
	errMissing   = errors.New("fewer records than announced")
	errReferral  = errors.New("referral to other servers")
)

// unpack parses msg, a response to q.
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
	// Unpack accepts a message that ends between two records.
	if len(m.Answer) != int(binary.BigEndian.Uint16(msg[6:])) { // ANCOUNT (RFC 1035, 4.1.1)
		return response{}, errMissing
	}
	for _, rr := range m.Answer { // and accepts empty records
		if h := rr.Header(); h.Rdlength == 0 && h.Rrtype != dns.TypeTXT {
			return response{}, errEmpty
		}
	}

	name, ttl := toPresentation(q.Name), maxTTL
	for {
		if m.Rcode == rcodeSuccess {
			found, dataTTL, err := r.answer.extract(m.Answer, name, q.Type)
			if err != nil {
				return response{}, err
			}
			if found {
				r.answer.TTL = min(ttl, dataTTL)
				return r, nil
			}
		}
		alias := records(m.Answer).cname(name)
		if alias == nil {
			break
		}
		name, ttl = alias.Target, min(ttl, ttlDuration(alias.Hdr.Ttl))
		target, _ := fromPresentation(name)
		repeated := target == q.Name || slices.Contains(r.aliases, target)
		r.aliases = append(r.aliases, target)
		if repeated || len(r.aliases) > MaxCNAMEs {
			return r, nil
		}
	}
	// No data. The SOA record of a negative answer says how long it holds; an
	// answer without one should not be cached (RFC 2308, 5), and may be incomplete.
	switch negative, ok := records(m.Ns).negativeTTL(); {
	case ok:
		r.answer.TTL = min(ttl, negative)
	case m.Rcode == rcodeSuccess && len(r.aliases) > 0:
		r.chaseCNAME, r.answer.TTL = true, ttl
	case m.Rcode == rcodeSuccess && !m.Authoritative && !m.RecursionAvailable && len(records(m.Ns).ofType(typeNS)) > 0:
		return response{}, errReferral // RFC 2308, 2.2
	}
	return r, nil
}

// records are resource records in the form of the miekg/dns package.
type records []dns.RR

// extract adds the records' data of type t for name. It returns whether there is
// any, and the smallest TTL.
func (a *Answer) extract(rrs records, name string, t Type) (found bool, ttl time.Duration, err error) {
	ttl = maxTTL
	var exchanges []*dns.MX
	for _, rr := range rrs {
		h := rr.Header()
		if Type(h.Rrtype) != t || h.Class != dns.ClassINET || !strings.EqualFold(h.Name, name) {
			continue
		}
		found, ttl = true, min(ttl, ttlDuration(h.Ttl))
		switch rr := rr.(type) {
		case *dns.TXT:
			a.TXT = append(a.TXT, unescapeAll(rr.Txt))
		case *dns.SPF:
			a.TXT = append(a.TXT, unescapeAll(rr.Txt))
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
				host, _ := fromPresentation(rr.Ptr)
				a.Names = append(a.Names, host)
			}
		}
	}
	slices.SortStableFunc(exchanges, func(a, b *dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	if len(exchanges) > MaxNames {
		exchanges = exchanges[:MaxNames]
	}
	for _, mx := range exchanges { // RFC 5321, 5.1: lower numbers first
		host, _ := fromPresentation(mx.Mx)
		a.Names = append(a.Names, host)
	}
	return found, ttl, nil
}

// unescapeAll returns strings without escapes, in a slice of its own: theirs may belong
// to a Zone.
func unescapeAll(strs []string) []string {
	text := make([]string, len(strs))
	for i, s := range strs {
		text[i] = unescape(s)
	}
	return text
}

// cname returns the CNAME record of name, or nil.
func (rrs records) cname(name string) *dns.CNAME {
	for _, rr := range rrs {
		c, ok := rr.(*dns.CNAME)
		if ok && c.Hdr.Class == dns.ClassINET && strings.EqualFold(c.Hdr.Name, name) {
			return c
		}
	}
	return nil
}

// negativeTTL returns the TTL of a negative answer with these records: the smaller
// of the SOA record's TTL and MINIMUM (RFC 2308, 5). ok is false without a SOA
// record.
func (rrs records) negativeTTL() (ttl time.Duration, ok bool) {
	for _, rr := range rrs {
		if soa, ok := rr.(*dns.SOA); ok && soa.Hdr.Class == dns.ClassINET {
			return min(ttlDuration(soa.Hdr.Ttl), ttlDuration(soa.Minttl)), true
		}
	}
	return 0, false
}

// ofType returns the records of a type.
func (rrs records) ofType(t Type) records {
	var list records
	for _, rr := range rrs {
		if Type(rr.Header().Rrtype) == t {
			list = append(list, rr)
		}
	}
	return list
}

// wireLen returns the size of a message that answers q with these records.
func (rrs records) wireLen(q Question) int {
	m := dns.Msg{Answer: rrs, Compress: true}
	m.SetQuestion(toPresentation(q.Name), uint16(q.Type))
	return m.Len()
}

// parseZoneFile reads a master file (RFC 1035, 5) into records by name. Names that
// do not end in a dot are below origin. $INCLUDE is an error: a zone
// file of unknown origin must not name other files to read.
func parseZoneFile(r io.Reader, origin, file string) (map[string]records, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF")) // of an editor
	names := make(map[string]records)
	p := dns.NewZoneParser(bytes.NewReader(text), dns.Fqdn(origin), "")
	p.SetDefaultTTL(uint32(defaultTTL / time.Second))
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name, ok := fromPresentation(rr.Header().Name)
		if !ok {
			return nil, fmt.Errorf("%s: %s: a dot within a label is not supported", file, rr.Header().Name)
		}
		if !names[name].has(rr) {
			names[name] = append(names[name], rr)
		}
	}
	if err := p.Err(); err != nil {
		if at, open := openParenthesis(string(text)); open {
			return nil, fmt.Errorf("%s:%s: a parenthesis that is not closed", file, at)
		}
		return nil, zoneError(file, err)
	}
	if err := checkStrings(string(text), file); err != nil {
		return nil, err
	}
	for name, rrs := range names {
		if rrs.besideAlias() {
			return nil, fmt.Errorf("%s: %s: expected no other records beside a CNAME record", file, name)
		}
		if len(rrs.ofType(Type(dns.TypeDNAME))) > 1 {
			return nil, fmt.Errorf("%s: %s: expected one DNAME record", file, name) // RFC 6672, 2.4
		}
	}
	return names, nil
}

// has reports whether a record is among rrs: records with the same name, type and
// data count once, whatever their TTLs are (RFC 2181, 5).
func (rrs records) has(rr dns.RR) bool {
	return slices.ContainsFunc(rrs, func(other dns.RR) bool { return dns.IsDuplicate(other, rr) })
}

// besideAlias reports whether there are a CNAME record and another record that must
// not coexist with it (RFC 2181, 10.1). DNSSEC records may (RFC 4035, 2.5).
func (rrs records) besideAlias() bool {
	others := 0
	for _, rr := range rrs {
		switch rr.Header().Rrtype {
		case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeKEY:
		default:
			others++
		}
	}
	return others > 1 && len(rrs.ofType(Type(dns.TypeCNAME))) > 0
}

// synthesize returns the CNAME record that a DNAME record of rrs, whose owner is
// above name, makes for name (RFC 6672, 3.1), or nil if there is no DNAME record.
// Owner and name are in the form of Question.Name.
func (rrs records) synthesize(owner, name string) *dns.CNAME {
	for _, rr := range rrs {
		d, ok := rr.(*dns.DNAME)
		if !ok || d.Hdr.Class != dns.ClassINET {
			continue
		}
		from := toPresentation(name)
		prefix := strings.TrimSuffix(from, strings.TrimPrefix(toPresentation(owner), "."))
		target := prefix + strings.TrimPrefix(d.Target, ".")
		hdr := dns.RR_Header{Name: from, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: d.Hdr.Ttl}
		return &dns.CNAME{Hdr: hdr, Target: target}
	}
	return nil
}

// targets returns the names that the records lead to, absolute and in lower case.
func (rrs records) targets() []string {
	var names []string
	for _, rr := range rrs {
		target := ""
		switch rr := rr.(type) {
		case *dns.MX:
			target = rr.Mx
		case *dns.CNAME:
			target = rr.Target
		case *dns.NS:
			target = rr.Ns
		}
		if name, ok := fromPresentation(target); ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// zoneError returns an error of dns.ZoneParser, such as "dns: bad A A: "x" at
// line: 3:12", in plain words and with the place first.
func zoneError(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "dns: ")
	place := ""
	if i := strings.LastIndex(text, " at line: "); i >= 0 {
		text, place = text[:i], ":"+text[i+len(" at line: "):]
	}
	what, token, _ := strings.Cut(text, ": ")
	rrType, isBad := strings.CutPrefix(what, "bad ")
	rrType, _, _ = strings.Cut(rrType, " ")
	switch {
	case strings.Contains(token, "extra closing brace"):
		text = "a closing parenthesis without an opening one"
	case isBad && (rrType == "TXT" || rrType == "SPF"):
		text = "a string of a " + rrType + " record without its closing quotation mark"
	case isBad && dns.StringToType[rrType] != 0:
		text = "not the data of a record of type " + rrType + ": " + token
	case isBad && rrType == "RFC3597":
		text = "not the data of a record of unknown type, which are \\#, their length and hexadecimal digits (RFC 3597, 5): " + token
	case what == "garbage after rdata":
		text = "after the data of a record: " + token
	case strings.HasPrefix(token, `"$`):
		text = strings.Trim(token, `"`) + " without a value; expected one, such as $ORIGIN example.com. or $TTL 3600"
	case strings.HasPrefix(what, "expecting $TTL"):
		text = "expected a time after $TTL, such as 3600 or 1h, not " + token
	case strings.HasPrefix(what, "$INCLUDE"):
		text = "$INCLUDE is not supported; put the records of " + token + " into this file"
	case what == "not a TTL", strings.HasPrefix(what, "expecting RR type"), strings.HasPrefix(what, "no blank before"):
		text = "expected the type of a record, such as TXT, not " + token + aRecord
	case what == "syntax error at beginning":
		text = "expected the name of a record at the start of a line, not " + token + aRecord
	}
	return fmt.Errorf("%s%s: %s", file, place, text)
}

// aRecord says what a line of a zone file is.
const aRecord = "; a record is a name, a type and its data: example.com. TXT \"v=spf1 -all\""

// ttlDuration returns a TTL as a Duration, at most maxTTL.
func ttlDuration(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		return 0 // RFC 2181, 8
	}
	return min(time.Duration(ttl)*time.Second, maxTTL)
}
