package spf

import (
	"bytes"
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// This is the only file that knows github.com/miekg/dns, and it uses no more
// of it than what turns octets and master files into records: a reference to
// its Client or Server would link crypto/tls.

const (
	// headerSize is the length of a message's header (RFC 1035, 4.1.1).
	headerSize = 12

	// maxQuery is the longest query that appendQuery makes: header, name (with
	// an octet of length more than its text has, and the root), type and
	// class, and an OPT record without options.
	maxQuery = headerSize + 1 + nameLimit + 1 + 4 + 11

	// maxTTL is the longest time for which an answer is used: a process may
	// live for weeks, and no publisher's slip should outlive a day (RFC 8767,
	// 4, recommends a cap of days to weeks).
	maxTTL = 24 * time.Hour
)

// The RCODEs that decide what happens next.
const (
	rcodeSuccess  = dns.RcodeSuccess
	rcodeFormErr  = dns.RcodeFormatError
	rcodeServFail = dns.RcodeServerFailure
	rcodeNXDomain = dns.RcodeNameError
	rcodeNotImp   = dns.RcodeNotImplemented
	rcodeBadVers  = dns.RcodeBadVers
)

// encodable tells whether a message can hold name; the root is "".
func encodable(name string) bool {
	return name == "" || len(name) <= nameLimit && validLabels(name)
}

// appendQuery appends the query for q, whose name is encodable, to b. A udpSize
// other than 0 announces that answers may be so long (RFC 6891, 6.2.3).
func appendQuery(b []byte, id uint16, q Question, udpSize uint16) []byte {
	options := byte(0)
	if udpSize != 0 {
		options = 1
	}
	b = append(b, byte(id>>8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, options) // RD; one question
	if q.Name != "" {
		for label := range strings.SplitSeq(q.Name, ".") {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0, byte(q.Type>>8), byte(q.Type), 0, dns.ClassINET)
	if udpSize != 0 { // RFC 6891, 6.1.2
		b = append(b, 0, 0, byte(dns.TypeOPT), byte(udpSize>>8), byte(udpSize), 0, 0, 0, 0, 0, 0)
	}
	return b
}

// answers tells whether msg is a response to query: QR is set, id, opcode and
// question are the query's, its name in whatever case (RFC 5452, 9.1; RFC 4343,
// 3). A server that could not even read the query may leave the question out.
func answers(query, msg []byte) bool {
	if len(msg) < headerSize || msg[0] != query[0] || msg[1] != query[1] || msg[2]&0xf8 != 0x80 {
		return false
	}
	if msg[4] == 0 && msg[5] == 0 { // no question
		rcode := int(msg[3] & 0x0f)
		return len(msg) == headerSize && rcode != rcodeSuccess && rcode != rcodeNXDomain
	}
	end := headerSize
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end++ // the root
	if msg[4] != 0 || msg[5] != 1 || len(msg) < end+4 || string(msg[end:end+4]) != string(query[end:end+4]) {
		return false
	}
	for i := headerSize; i < end; i++ {
		if lower(msg[i]) != lower(query[i]) { // the octets of lengths are no letters
			return false
		}
	}
	return true
}

// truncated tells whether msg, which is an answer, has TC set.
func truncated(msg []byte) bool { return msg[2]&0x02 != 0 }

// lower gives the octet for which c counts in names (RFC 4343, 3).
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// response is what a message says about a question.
type response struct {
	rcode   int
	answer  Answer   // without regard to rcode
	aliases []string // the names that the question's is an alias for, as far as the message goes
	open    bool     // it does not tell whether the last of aliases has data; the TTL is the aliases'
}

var errNoAddress = errors.New("address record without an address")

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
		alias := canonical(m.Answer, name)
		if alias == nil {
			break
		}
		name, ttl = alias.Target, min(ttl, lifetime(alias.Hdr.Ttl))
		target, _ := wireName(name)
		repeated := target == q.Name || slices.Contains(r.aliases, target)
		r.aliases = append(r.aliases, target)
		if repeated || len(r.aliases) > maxAliases {
			return r, nil
		}
	}
	// No data. The SOA record of a negative answer tells for how long; without
	// one it should not be kept (RFC 2308, 5), and may be one cut short.
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok && soa.Hdr.Class == dns.ClassINET {
			r.answer.TTL = min(ttl, lifetime(soa.Hdr.Ttl), lifetime(soa.Minttl))
			return r, nil
		}
	}
	if m.Rcode == rcodeSuccess && len(r.aliases) > 0 {
		r.open, r.answer.TTL = true, ttl
	}
	return r, nil
}

// add takes the data of name from the records, and tells whether there are any
// and the smallest of their TTLs. Whatever else is among the records is of no
// interest.
func (a *Answer) add(rrs []dns.RR, name string, t Type) (found bool, ttl time.Duration, err error) {
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
			for i, s := range rr.Txt {
				rr.Txt[i] = unescape(s)
			}
			a.TXT = append(a.TXT, rr.Txt)
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
			host, _ := wireName(rr.Ptr)
			a.Names = append(a.Names, host)
		}
	}
	slices.SortStableFunc(exchanges, func(a, b *dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	for _, mx := range exchanges { // RFC 5321, 5.1: lower numbers first
		host, _ := wireName(mx.Mx)
		a.Names = append(a.Names, host)
	}
	return found, ttl, nil
}

// canonical gives the CNAME record of name, or nil.
func canonical(rrs []dns.RR, name string) *dns.CNAME {
	for _, rr := range rrs {
		c, ok := rr.(*dns.CNAME)
		if ok && c.Hdr.Class == dns.ClassINET && strings.EqualFold(c.Hdr.Name, name) {
			return c
		}
	}
	return nil
}

// lifetime is the time that a TTL means.
func lifetime(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		return 0 // RFC 2181, 8
	}
	return min(time.Duration(ttl)*time.Second, maxTTL)
}

// present gives a name of a Question in the form of the dns package: absolute,
// what is special in a master file escaped (RFC 1035, 5.1).
func present(name string) string {
	plain := true
	for i := 0; plain && i < len(name); i++ {
		plain = !special(name[i])
	}
	if plain {
		return name + "."
	}
	b := make([]byte, 0, len(name)+8)
	for i := range len(name) {
		switch c := name[i]; {
		case c < ' ' || c > '~':
			b = append(b, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case special(c):
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '.'))
}

// special tells whether the dns package escapes c within a label.
func special(c byte) bool {
	return c < ' ' || c > '~' || strings.IndexByte(` '@;()"\`, c) >= 0
}

// wireName gives a name of the dns package in the form that Question has. It
// fails for a name with a label that a dot is part of: Question cannot hold it.
func wireName(name string) (string, bool) {
	b := make([]byte, 0, nameLimit+1)
	for i := 0; i < len(name); {
		c, n := octet(name[i:])
		if c == '.' && n > 1 {
			return "", false
		}
		b = append(b, lower(c))
		i += n
	}
	return string(bytes.TrimSuffix(b, []byte{'.'})), true
}

// unescape undoes the escapes of a string of the dns package.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c, n := octet(s[i:])
		b = append(b, c)
		i += n
	}
	return string(b)
}

// octet reads the first octet of s, which is itself, \X or \DDD (RFC 1035,
// 5.1), and tells how long its form is.
func octet(s string) (c byte, n int) {
	switch {
	case s[0] != '\\' || len(s) == 1:
		return s[0], 1
	case len(s) >= 4 && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]):
		return (s[1]-'0')*100 + (s[2]-'0')*10 + (s[3] - '0'), 4
	}
	return s[1], 2
}
