package maillog

import (
	"bytes"
	"net/netip"
	"strings"
)

// explanation is what words say about a check: the comment of a result, or the text of
// a refusal. A value that they do not have is zero.
type explanation struct {
	client netip.Addr
	sender []byte // an address or a domain
	result Result
}

// readExplanation reads the words that programs use, from the examples of RFC 7208
// (9.1) on:
//
//	domain of a@example.com designates 192.0.2.1 as permitted sender
//	domain of transitioning example.com does not designate 192.0.2.1 as permitted sender
//	domain of transitioning example.com discourages use of 192.0.2.1 as permitted sender
//	192.0.2.1 is neither permitted nor denied by domain of a@example.com
//	a@example.com does not designate permitted sender hosts
//	error in processing during lookup of a@example.com: DNS error
//
// A sender may have words like these in a quoted local part: what the program writes
// counts first where it stands before the sender, and last where it stands after.
func readExplanation(text []byte) explanation {
	var e explanation
	if before, after, ok := cut(text, " is neither permitted nor denied by "); ok && len(bytes.Fields(before)) <= 2 { // "google.com: 192.0.2.1"
		if client, ok := parseAddrLiteral(lastWord(before)); ok {
			return explanation{client, senderIn(after), Neutral}
		}
	}
	last := -1
	for _, phrase := range [...]struct {
		text   string
		result Result
	}{
		{" does not designate ", Fail},
		{" is inclined to not designate ", Softfail},
		{" discourages use of ", Softfail},
		{" designates ", Pass},
		{" neutral about designating ", Neutral},
	} {
		i := lastIndex(text, phrase.text)
		if i <= last {
			continue
		}
		client, ok := parseAddrLiteral(firstWord(text[i+len(phrase.text):]))
		if !ok {
			continue
		}
		last, e = i, explanation{client, senderIn(text[:i]), phrase.result}
		if e.result == Fail && contains(text[:i], "transitioning ") {
			e.result = Softfail
		}
	}
	if last >= 0 {
		return e
	}
	if before, _, ok := cut(text, " does not designate permitted sender hosts"); ok {
		return explanation{sender: trimAddress(lastWord(before)), result: None}
	}
	e.sender = senderIn(text)
	e.client = addressIn(bytes.Replace(text, e.sender, nil, 1)) // a sender may have an address literal
	return e
}

// readExplanation sets the client and the sender from the comment of a result, where they
// are unknown. It returns false if the comment names another client.
func (r *Record) readExplanation(text []byte) bool {
	e := readExplanation(text)
	if e.result != NoResult && e.client.IsValid() && r.Known&HasClient != 0 && e.client != r.Client {
		return false
	}
	if e.client.IsValid() && r.Known&HasClient == 0 {
		r.Client, r.Known = e.client, r.Known|HasClient
	}
	if len(e.sender) > 0 && r.Known&HasSender == 0 && r.Identity != HELO { // else it is the HELO name
		r.Sender, r.Known, r.Identity = e.sender, r.Known|HasSender, MailFrom
	}
	return true
}

// hasOpenQuote reports whether a quoted-string (RFC 5322, 3.2.4) does not end in a
// comment: a parenthesis in a sender's local part has ended the comment.
func hasOpenQuote(text []byte) bool {
	isOpen := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			isOpen = !isOpen
		}
	}
	return isOpen
}

// senderIn returns the address or the domain that follows the words for one.
func senderIn(text []byte) []byte {
	for _, before := range [...]string{"domain of transitioning ", "domain of ", "lookup of ", "SPF record at ", ": domain "} {
		_, rest, ok := cut(text, before)
		if !ok {
			continue
		}
		rest = bytes.TrimLeft(rest, " ")
		if len(rest) > 0 && rest[0] == '"' { // a quoted local part
			if _, domain, ok := (&Parser{}).unquote(rest); ok {
				return rest[:len(rest)-len(domain)+len(firstWord(domain))]
			}
			return nil
		}
		return trimAddress(firstWord(rest))
	}
	return nil
}

// trimAddress removes angle brackets and the punctuation of a sentence.
func trimAddress(word []byte) []byte {
	const around = ",;:()<>'\""
	return bytes.TrimRight(bytes.Trim(word, around), around+".")
}

// isSender reports whether what was read without a grammar may be a sender: an address
// (RFC 5321, 4.1.2) or a domain. Markup around an address is not part of one.
func isSender(b []byte) bool {
	i := bytes.LastIndexByte(b, '@')
	local, domain := b[:max(i, 0)], b[i+1:]
	isQuoted := len(local) >= 2 && local[0] == '"' && local[len(local)-1] == '"'
	if i >= 0 && !isQuoted && bytes.ContainsAny(local, "<>()[]:;,@\\\" ") {
		return false
	}
	return len(domain) > 0 && !bytes.ContainsAny(domain, "<>()&|=;,'\" ") && (i >= 0 || bytes.IndexByte(domain, '.') >= 0)
}

// trimBrackets removes angle brackets around an address.
func trimBrackets(address []byte) []byte {
	if n := len(address); n >= 2 && address[0] == '<' && address[n-1] == '>' {
		return address[1 : n-1]
	}
	return address
}

// parseAddrLiteral parses an address, alone or as an address literal of SMTP
// (RFC 5321, 4.1.3): "[192.0.2.1]", "[IPv6:2001:db8::1]".
func parseAddrLiteral(text []byte) (netip.Addr, bool) {
	const tag = "ipv6:"
	text = bytes.Trim(text, "[]<>(),;.\"'")
	if len(text) > len(tag) && equalFold(text[:len(tag)], tag) {
		text = text[len(tag):]
	}
	return parseAddr(text)
}

// addressIn returns the first IP address among the words of a text; it is invalid if
// there is none.
func addressIn(text []byte) netip.Addr {
	delimits := func(r rune) bool { return strings.ContainsRune(" ,;()[]=<>", r) }
	for word := range bytes.FieldsFuncSeq(text, delimits) {
		if a, ok := parseAddr(bytes.TrimRight(word, ".")); ok {
			return a
		}
	}
	return netip.Addr{}
}

func firstWord(text []byte) []byte {
	word, _, _ := cut(bytes.TrimLeft(text, " "), " ")
	return word
}

func lastWord(text []byte) []byte {
	text = bytes.TrimRight(text, " ")
	return text[bytes.LastIndexByte(text, ' ')+1:]
}
