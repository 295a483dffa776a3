package maillog

import (
	"bytes"
	"net/netip"
	"time"
)

// receivedNear returns the client of the Received field that was added by the host
// that added the field all[i], whose name is given. It is the next one, or the one
// before: Postfix lets milters insert fields below its own.
func receivedNear(all []field, i int, name []byte) (netip.Addr, string) {
	isReceived := func(f *field) bool {
		return f.is("received") && equalFold(firstWord(f.value), "from") // not of a hop without SMTP
	}
	for j := i - 1; j >= 0; j-- {
		if !isReceived(&all[j]) {
			continue
		}
		_, by, _ := cut(all[j].value, " by ")
		host := firstWord(by)
		if len(name) == 0 || !bytes.EqualFold(host, name) && !bytes.HasSuffix(bytes.ToLower(host), append([]byte("."), bytes.ToLower(name)...)) {
			break
		}
		if a, helo := receivedFrom(all[j].value); a.IsGlobalUnicast() && !a.IsPrivate() { // else from a content filter
			return a, helo
		}
		break
	}
	for j := i + 1; j < len(all); j++ {
		if isReceived(&all[j]) {
			return receivedFrom(all[j].value)
		}
	}
	return netip.Addr{}, ""
}

// receivedFrom returns the client of a Received field (RFC 5321, 4.4), as various
// programs write it:
//
//	from helo (name [192.0.2.1])              Postfix
//	from name ([192.0.2.1] helo=helo)         Exim
//	from helo (192.0.2.1) by                  Exchange
//	from unknown (HELO helo) (192.0.2.1)      qmail
//	from 192.0.2.1 (EHLO helo)                Yahoo
func receivedFrom(value []byte) (a netip.Addr, helo string) {
	rest, ok := cutPrefix(value, "from ")
	if !ok {
		return a, ""
	}
	name, rest, _ := cut(rest, " ")
	helo = string(name)
	for rest = bytes.TrimLeft(rest, " "); len(rest) > 0 && rest[0] == '('; rest = bytes.TrimLeft(rest, " ") {
		var text []byte
		if text, rest, ok = comment(rest); !ok {
			break
		}
		for _, key := range [...]string{"helo=", "HELO ", "EHLO "} {
			if _, after, ok := cut(text, key); ok && len(firstWord(after)) > 0 {
				helo = string(firstWord(after))
			}
		}
		if !a.IsValid() {
			a = addressIn(bytes.ReplaceAll(text, []byte("IPv6:"), nil))
		}
	}
	if !a.IsValid() && helo != string(name) { // the client's address comes first
		a, _ = parseAddr(bytes.Trim(name, "[]"))
	}
	if !a.IsValid() {
		return a, ""
	}
	return a, helo
}

// receivedTime returns the time at the end of a Received field, zero if there is
// none.
func receivedTime(value []byte) time.Time {
	i := bytes.LastIndexByte(value, ';')
	text, _, _ := cut(value[i+1:], "(")
	for _, layout := range [...]string{"Mon, _2 Jan 2006 15:04:05 -0700", "_2 Jan 2006 15:04:05 -0700", "Mon, _2 Jan 2006 15:04:05 MST"} {
		if t, err := time.Parse(layout, string(bytes.TrimSpace(text))); err == nil {
			return t
		}
	}
	return time.Time{}
}
