package maillog

import "bytes"

// refusalText reads the words of a refusal by another server, which has no URL but
// names the client and the domain. They may be wrapped, and each line of an SMTP
// reply begins with its code.
func (p *paste) refusalText() (Source, bool) {
	const maxLines = 5
	var found Source
	for i, line := range p.otherLines() {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var text []byte
		for _, line := range p.lines[i:min(i+maxLines, len(p.lines))] {
			if beginsSPFField(line) {
				break
			}
			text = append(append(text, bytes.TrimSpace(line)...), ' ')
		}
		e := readRefusal(trimReplyCodes(text))
		isRefusal := e.client.IsValid() && len(e.sender) > 0 && bytes.IndexByte(e.sender, ' ') < 0
		if found.Form != 0 && (!isRefusal || e.client != found.Client || string(e.sender) != found.Sender) {
			break // the words begin in the line before
		}
		if isRefusal {
			envelope := Envelope{Client: e.client, Sender: e.sender, Known: HasClient | HasSender}
			found = source(Bounce, i, &envelope, &Verdict{Identity: MailFrom, MailFromResult: e.result, Action: Reject})
		}
	}
	return found, found.usable()
}

// readRefusal reads the words of a refusal.
func readRefusal(text []byte) explanation {
	if _, rest, ok := cut(text, "SPF ["); ok { // Gmail: "SPF [example.com] with ip: [192.0.2.1] = did not pass"
		name, rest, _ := cut(rest, "] with ip: ")
		client, _ := parseAddrLiteral(firstWord(rest))
		return explanation{client: client, sender: name}
	}
	if _, rest, ok := cut(text, "MAIL FROM domain ["); ok { // Gmail, for a record that ends with -all
		name, rest, _ := cut(rest, "]")
		_, rest, _ = cut(rest, " with the ip: ")
		client, _ := parseAddrLiteral(firstWord(rest))
		return explanation{client, name, Fail}
	}
	if before, rest, ok := cut(text, " is not allowed to send "); ok { // Exim and others: "192.0.2.1 is not allowed to send mail from example.com"
		client, _ := parseAddrLiteral(lastWord(before))
		_, rest, _ = cut(append([]byte(" "), rest...), " from ")
		return explanation{client, trimAddress(firstWord(rest)), Fail}
	}
	if e := readExplanation(text); e.result == Fail || e.result == Softfail {
		return e
	}
	return explanation{}
}

// trimReplyCode removes the codes at the start of a line of an SMTP reply
// (RFC 5321, 4.2): "550-5.7.26 ".
func trimReplyCode(line []byte) []byte {
	const digits = 3
	if len(line) <= digits || !isDigit(line[0]) || !isDigit(line[1]) || !isDigit(line[2]) || line[digits] != '-' && line[digits] != ' ' {
		return line
	}
	rest := bytes.TrimLeft(line[digits+1:], " ")
	code, after, _ := cut(rest, " ")
	if isStatusCode(code) {
		return bytes.TrimLeft(after, " ")
	}
	return rest
}

// isStatusCode reports whether a word is an enhanced status code (RFC 3463, 2), or empty.
func isStatusCode(word []byte) bool {
	for _, c := range word {
		if c != '.' && !isDigit(c) {
			return false
		}
	}
	return true
}

// trimReplyCodes removes the codes of an SMTP reply whose lines a bounce has joined:
// "hard 550-5.7.26 fail policy", "for more 550 5.7.26 information".
func trimReplyCodes(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		if rest := trimReplyCode(text); len(rest) < len(text) {
			text = rest
			continue
		}
		word, rest, _ := cut(text, " ")
		out = append(append(out, word...), ' ')
		text = bytes.TrimLeft(rest, " ")
	}
	return out
}
