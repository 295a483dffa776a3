package maillog

import (
	"bytes"
	"net/netip"
)

// pairCache caches the last key-value-list that was read, except its identity. The
// lines of a message, two results and a header, have the same list.
type pairCache struct {
	text                            []byte
	client, helo, sender, recipient span // in text
	addr                            netip.Addr
}

// span is a part of a text.
type span struct{ start, end int }

func (s span) of(text []byte) []byte { return text[s.start:s.end] }

// get returns the pairs of a list if all after its identity is the text of the
// cache.
func (c *pairCache) get(list []byte) (v pairs, ok bool) {
	identity, rest, ok := cutIdentity(list)
	if !ok || len(c.text) == 0 || !bytes.Equal(rest, c.text) {
		return v, false
	}
	return pairs{
		identity: identity, client: c.client.of(rest), helo: c.helo.of(rest), sender: c.sender.of(rest), recipient: c.recipient.of(rest),
		seen: keysAll, addr: c.addr,
	}, true
}

// put stores the pairs of a list, whose values are parts of it.
func (c *pairCache) put(list []byte, v *pairs) {
	_, rest, ok := cutIdentity(list)
	if !ok {
		return
	}
	if c.addr, ok = parseAddr(v.client); !ok {
		c.text = c.text[:0]
		return
	}
	c.text = append(c.text[:0], rest...)
	for _, f := range [...]struct {
		to   *span
		part []byte
	}{{&c.client, v.client}, {&c.helo, v.helo}, {&c.sender, v.sender}, {&c.recipient, v.recipient}} {
		start := cap(rest) - cap(f.part)
		*f.to = span{start, start + len(f.part)}
	}
}

// cutIdentity splits "identity=helo; client-ip=...".
func cutIdentity(list []byte) (identity, rest []byte, ok bool) {
	for _, prefix := range [...]string{"identity=mailfrom; ", "identity=helo; "} {
		if rest, ok := cutPrefix(list, prefix); ok {
			return list[len("identity=") : len(prefix)-len("; ")], rest, true
		}
	}
	return nil, nil, false
}
