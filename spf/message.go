package spf

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"time"
)

const (
	// maxTTL is the longest time for which an answer is used: a process may
	// live for weeks, and no publisher's slip should outlive a day (RFC 8767,
	// 4, lets resolvers cap TTLs).
	maxTTL = 24 * time.Hour

	// maxNames is how many hosts of an MX or PTR answer are read. Ten of them
	// are of use (RFC 7208, 4.6.4); a message has room for thousands, which
	// would take up a megabyte.
	maxNames = 1000
)

// message is one in wire form (RFC 1035, 4). What its sender wants costs the
// reader neither more memory than the message has, nor more than a few
// milliseconds.
type message []byte

// record is where a resource record is in a message (RFC 1035, 4.1.3).
type record struct {
	owner      int // where its name begins
	typ, class uint16
	ttl        time.Duration
	data, end  int // where its data begin and end
}

// response is what a message says about a question.
type response struct {
	rcode   int
	answer  Answer
	aliases []string // the names that the question's is an alias for, as far as the message goes
	open    bool     // it does not tell whether the last of aliases has data; the TTL is the aliases'
}

var errFormat = errors.New("not in the format of RFC 1035")

// unpack reads m, which answers q. Of records that are no part of the answer it
// only looks at how long they are.
func unpack(m message, q Question) (response, error) {
	r := response{rcode: int(m[3] & 0x0f)}
	off := headerSize
	for range m.count(4) {
		off = m.nameEnd(off) + 4
	}
	answer := off
	authority, err := m.each(answer, m.count(6), nil)
	if err != nil {
		return r, err
	}
	additional, err := m.each(authority, m.count(8), nil)
	if err != nil {
		return r, err
	}
	_, err = m.each(additional, m.count(10), func(rr record) error {
		if rr.typ == typeOPT { // RFC 6891, 6.1.3: the first octet of the TTL
			r.rcode |= int(m[rr.data-6]) << 4
		}
		return nil
	})
	if err != nil || r.rcode != rcodeSuccess && r.rcode != rcodeNXDomain {
		return r, err
	}

	r.answer.Size = len(m)
	r.answer.NXDomain = r.rcode == rcodeNXDomain
	if r.answer.NXDomain {
		q.Type = typeCNAME // whatever data there are
	}
	name, ttl := q.Name, maxTTL
	for {
		f, err := m.find(answer, name, q.Type, &r.answer)
		if err != nil {
			return r, err
		}
		if !f.found && !f.aliased {
			break
		}
		ttl = min(ttl, f.ttl)
		if f.found {
			r.answer.TTL = ttl
			return r, nil
		}
		name = f.alias
		repeated := name == q.Name || slices.Contains(r.aliases, name)
		r.aliases = append(r.aliases, name)
		if repeated || len(r.aliases) > maxAliases {
			return r, nil
		}
	}
	negative, ok, err := m.negativeTTL(authority)
	r.answer.TTL = min(ttl, negative)
	if !ok && r.rcode == rcodeSuccess && len(r.aliases) > 0 {
		r.open, r.answer.TTL = true, ttl
	}
	return r, err
}

// finding is what the answer section says of one name.
type finding struct {
	found   bool // data of the type asked for, beside which an alias does not count
	aliased bool
	alias   string
	ttl     time.Duration
}

// find looks for name in the answer section, which begins at off, and adds its
// data of type t to the answer.
func (m message) find(off int, name string, t Type, a *Answer) (finding, error) {
	f := finding{ttl: maxTTL}
	aliasTTL := maxTTL
	var hosts []host
	_, err := m.each(off, m.count(6), func(rr record) error {
		if rr.class != classIN || Type(rr.typ) != t && rr.typ != typeCNAME {
			return nil
		}
		same, err := m.named(rr.owner, name)
		switch {
		case err != nil || !same:
			return err
		case rr.typ != typeCNAME:
			f.found, f.ttl = true, min(f.ttl, rr.ttl)
			hosts, err = m.data(rr, a, hosts)
		case !f.aliased:
			f.aliased, aliasTTL = true, rr.ttl
			f.alias, err = m.host(rr.data, rr.end)
		}
		return err
	})
	if !f.found {
		f.ttl = aliasTTL
	}
	slices.SortStableFunc(hosts, func(a, b host) int { return cmp.Compare(a.preference, b.preference) })
	for _, h := range hosts {
		a.Names = append(a.Names, h.name)
	}
	return f, err
}

// negativeTTL tells for how long a negative answer holds whose authority
// section begins at off: as long as its SOA record says. Without one it should
// not be kept (RFC 2308, 5), and may be an answer cut short.
func (m message) negativeTTL(off int) (ttl time.Duration, ok bool, err error) {
	_, err = m.each(off, m.count(8), func(rr record) error {
		if rr.typ == typeSOA && rr.class == classIN && rr.end-rr.data >= 4 { // MINIMUM is the last
			ok, ttl = true, min(rr.ttl, lifetime(binary.BigEndian.Uint32(m[rr.end-4:])))
		}
		return nil
	})
	return ttl, ok, err
}

// host is a name in the data of MX and PTR records.
type host struct {
	preference uint16 // 0 for PTR
	name       string
}

// data adds the data of a record to the answer or to hosts.
func (m message) data(rr record, a *Answer, hosts []host) ([]host, error) {
	data := m[rr.data:rr.end]
	switch Type(rr.typ) {
	case TypeA, TypeAAAA:
		addr, ok := netip.AddrFromSlice(data)
		if !ok || addr.Is4() != (Type(rr.typ) == TypeA) {
			return nil, errFormat
		}
		a.Addrs = append(a.Addrs, addr)
	case TypeTXT:
		var text []string
		for len(data) > 0 {
			end := 1 + int(data[0])
			if end > len(data) {
				return nil, errFormat
			}
			text = append(text, string(data[1:end]))
			data = data[end:]
		}
		a.TXT = append(a.TXT, text)
	case TypeMX, TypePTR:
		if len(hosts) == maxNames {
			break
		}
		var h host
		off := rr.data
		if Type(rr.typ) == TypeMX {
			if len(data) < 2 {
				return nil, errFormat
			}
			h.preference = binary.BigEndian.Uint16(data)
			off += 2
		}
		var err error
		if h.name, err = m.host(off, rr.end); err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// count reads the number of entries of a section from the header.
func (m message) count(at int) int { return int(binary.BigEndian.Uint16(m[at:])) }

// each visits n records from off on, and tells where they end.
func (m message) each(off, n int, visit func(record) error) (end int, err error) {
	for range n {
		rr, err := m.record(off)
		if err == nil && visit != nil {
			err = visit(rr)
		}
		if err != nil {
			return 0, err
		}
		off = rr.end
	}
	return off, nil
}

// record finds the record at off.
func (m message) record(off int) (record, error) {
	at := m.nameEnd(off)
	if at+10 > len(m) {
		return record{}, errFormat
	}
	rr := record{
		owner: off,
		typ:   binary.BigEndian.Uint16(m[at:]),
		class: binary.BigEndian.Uint16(m[at+2:]),
		ttl:   lifetime(binary.BigEndian.Uint32(m[at+4:])),
		data:  at + 10,
		end:   at + 10 + int(binary.BigEndian.Uint16(m[at+8:])),
	}
	if rr.end > len(m) {
		return record{}, errFormat
	}
	return rr, nil
}

// lifetime is the time that a TTL means.
func lifetime(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		return 0 // RFC 2181, 8
	}
	return min(time.Duration(ttl)*time.Second, maxTTL)
}
