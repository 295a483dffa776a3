package explain

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// message says what a finding is.
func message(f lint.Finding) string {
	domain, term := "", ""
	if f.Record != nil {
		domain = f.Record.Domain
	}
	if f.Term != nil {
		term = f.Term.Source()
	}
	switch f.Kind {
	case lint.NoRecord:
		text := domain + " has no SPF record: none for every client (RFC 7208, 2.6.1)"
		if len(f.Record.NearMisses) == 0 {
			text += "; a domain that sends no mail needs \"v=spf1 -all\""
		}
		return text
	case lint.MultipleRecords:
		return domain + " has more than one SPF record: permerror for every client (RFC 7208, 4.5); make one of them"
	case lint.NotARecord:
		switch f.NearMiss.Kind {
		case lint.ObsoleteType, lint.OtherName:
			return domain + ": " + nearMissText(f.NearMiss)
		}
		return domain + ": this TXT record is not an SPF record: " + nearMissText(f.NearMiss)
	case lint.IgnoredNearMiss:
		return domain + ": this TXT record beside the SPF record is not one, and is ignored: " + nearMissText(f.NearMiss)
	case lint.SyntaxError:
		return fmt.Sprintf("%s: permerror: %s", domain, syntaxErrorText(f.Err.(*spf.SyntaxError)))
	case lint.Loop:
		return fmt.Sprintf("%s: this returns to the record of %s, which leads here: permerror for clients that no term before it matches (RFC 7208, 4.6.4)", domain, f.Name)
	case lint.IncludeNoRecord:
		return fmt.Sprintf("%s: %s has no SPF record: permerror (RFC 7208, 5.2); correct the name, or remove the include", domain, f.Name)
	case lint.RedirectNoRecord:
		return fmt.Sprintf("%s: %s has no SPF record: permerror (RFC 7208, 6.1); correct the name, or end the record in all", domain, f.Name)
	case lint.LookupLimit:
		return fmt.Sprintf("%s: %d terms cause lookups, and the limit is %d: permerror from this one on (RFC 7208, 4.6.4)", domain, f.Count, f.Limit)
	case lint.VoidLimit:
		return fmt.Sprintf("%d lookups find nothing, and the limit is %d: permerror for clients that no term matches (RFC 7208, 4.6.4)", f.Count, f.Limit)
	case lint.VoidLimitIPv6:
		return fmt.Sprintf("%d lookups find nothing for IPv6 clients, and the limit is %d: permerror for those that no term matches (RFC 7208, 4.6.4)", f.Count, f.Limit)
	case lint.MXLimit:
		return fmt.Sprintf("%s: %s has %s MX hosts, and the limit is %d: permerror (RFC 7208, 4.6.4)", domain, f.Name, hosts(f.Count), f.Limit)
	case lint.DNSError:
		if failed, ok := f.Err.(*dns.Error); ok && failed.Kind == dns.TooManyCNAMEs {
			return fmt.Sprintf("%s: permerror (RFC 7208, 4.6.4): %v", domain, f.Err)
		}
		return fmt.Sprintf("%s: a lookup fails: temperror (RFC 7208, 2.6.6): %v", domain, f.Err)
	case lint.PassAll:
		return passAllText(f, domain)
	case lint.WideNetwork:
		return fmt.Sprintf("%s: %s is a wide network: %s", domain, f.Network, addresses(f.Network))
	case lint.NonPublicNetwork:
		return fmt.Sprintf("%s: %s is reserved for %s%s; no mail comes from there", domain, f.Network, f.Text, more(f.Count))
	case lint.DocumentationRange:
		return fmt.Sprintf("%s: %s is reserved for %s%s", domain, f.Network, f.Text, more(f.Count))
	case lint.NullMX:
		if f.Count > 1 {
			return fmt.Sprintf("%s: %s has the MX record \".\", which says that it accepts no mail, beside others; it must be the only one (RFC 7505, 3)", domain, f.Name)
		}
		return fmt.Sprintf("%s: %s accepts no mail (its MX record is \".\", RFC 7505), so mx never matches", domain, f.Name)
	case lint.MXAlias:
		return fmt.Sprintf("%s: the MX host %s is an alias, and must not be (RFC 2181, 10.3)", domain, f.Name)
	case lint.JoinedTerms:
		return fmt.Sprintf("%s: two strings of the TXT record join without a space to %q (RFC 7208, 3.3); end the first with a space", domain, f.Name)
	case lint.AfterAll:
		if d, ok := f.Term.(*spf.Directive); ok && d.Mechanism == spf.All {
			return domain + ": all after all is never evaluated (RFC 7208, 5.1)"
		}
		return domain + ": a term after all is never evaluated (RFC 7208, 5.1); move all to the end if it should be"
	case lint.RedirectIgnored:
		return domain + ": redirect is ignored beside all (RFC 7208, 6.1); remove one of them"
	case lint.PTR:
		return domain + ": ptr is slow and unreliable, and should not be used (RFC 7208, 5.5); name the networks instead"
	case lint.BadName:
		if f.Text != "" || f.Name != "" {
			return domain + ": this is not a domain name"
		}
		return domain + ": this name cannot exist: a label has 1 to 63 bytes, and a name at most 253 (RFC 1035, 2.3.4)"
	case lint.DuplicateTerm:
		return fmt.Sprintf("%s: %s matches the same clients as %s before it, and has no effect", domain, term, f.OtherTerm.Source())
	case lint.DuplicateInclude:
		return fmt.Sprintf("%s: %s is included before", domain, f.Name)
	case lint.DuplicateNetwork:
		return fmt.Sprintf("%s: %s passes by %s%s too", domain, networkOf(f, term), f.OtherTerm.Source(), inRecord(f))
	case lint.ContainedNetwork:
		return fmt.Sprintf("%s: %s is within %s%s", domain, networkOf(f, term), f.OtherTerm.Source(), inRecord(f))
	case lint.HostBits:
		return fmt.Sprintf("%s: %s stands for the whole network %s: %s", domain, term, f.Network, addresses(f.Network))
	case lint.MappedNetwork:
		return fmt.Sprintf("%s: %s has IPv4-mapped addresses, and never matches: a client with one is an IPv4 client (RFC 7208, 5)", domain, term)
	case lint.MechanismAsModifier:
		return fmt.Sprintf("%s: %s= is an unknown modifier, and is ignored (RFC 7208, 6); mechanisms take a colon", domain, f.Name)
	case lint.UnknownModifier:
		if f.Name == "v" {
			return fmt.Sprintf("%s: %s within the record is an unknown modifier, and is ignored (RFC 7208, 6): two records were made one", domain, term)
		}
		return domain + ": unknown modifier, which is ignored (RFC 7208, 6)"
	case lint.NoAll:
		return domain + ": the record has neither all nor redirect: the result for other clients is neutral (RFC 7208, 4.7); end it in ~all or -all"
	case lint.NeutralAll:
		return fmt.Sprintf("%s: %s says nothing about other clients (RFC 7208, 2.6.2); end the record in ~all or -all", domain, term)
	case lint.ExplanationError:
		if f.Count > 0 {
			return fmt.Sprintf("%s: the explanation of exp= has %d bytes; more than %d may not fit in a line of an SMTP reply (RFC 5321, 4.5.3.1.5)", domain, f.Count, f.Limit)
		}
		return fmt.Sprintf("%s: the explanation of exp= is not used (RFC 7208, 6.2): %s", domain, explanationProblem(f.Err))
	case lint.ExplanationUnused:
		return domain + ": exp= is for a fail, and no term of this record has one"
	case lint.ExplanationExpanded:
		return domain + ": the explanation for a sample client that fails"
	case lint.VoidLookup:
		return domain + ": " + voidText(f)
	case lint.NeedsTCP:
		return fmt.Sprintf("%s: %s has %d bytes; more than %d do not fit in a UDP datagram that is safe from fragmentation, and take a lookup over TCP", domain, answerWith(f), f.Count, f.Limit)
	case lint.Large:
		return fmt.Sprintf("%s: %s has %d bytes; more than %d need EDNS (RFC 6891)", domain, answerWith(f), f.Count, f.Limit)
	case lint.ClientMacro:
		return domain + ": this name depends on the client, and was not looked up"
	}
	if f.Count > 0 {
		return fmt.Sprintf("%s like those above", count(f.Count, "more finding"))
	}
	return "there is more than was looked at"
}

// voidText says why a lookup is void.
func voidText(f lint.Finding) string {
	const parts = 4
	labels := strings.Split(f.Name, ".")
	address := strings.Join(labels[:min(parts, len(labels))], ".")
	if _, err := netip.ParseAddr(address); err == nil { // the zone may be after it, if its final dot is missing
		return fmt.Sprintf("an MX record names the address %s, and must name a host (RFC 1035, 3.3.9): a void lookup", address)
	}
	switch f.Missing {
	case lint.MissingName:
		return f.Name + " does not exist: a void lookup"
	case lint.MissingMX:
		return f.Name + " has no MX record, and mx does not use others (RFC 7208, 5.4): a void lookup"
	case lint.MissingA:
		return f.Name + " has no A record: a void lookup"
	}
	return f.Name + " has no address: a void lookup"
}

// passAllText says that everybody passes, and by what.
func passAllText(f lint.Finding, domain string) string {
	family := ""
	if f.Network.IsValid() {
		family = map[bool]string{true: "IPv4 ", false: "IPv6 "}[f.Network.Addr().Is4()]
	}
	text := "every " + family + "client passes: anybody may send as " + f.Other.Domain
	if f.Term == nil {
		text = "the networks together have every public " + family + "address, so " + text
	}
	advice := "; name only the networks that send"
	if d, ok := f.Term.(*spf.Directive); ok && d.Mechanism == spf.All {
		advice = "; end the record in ~all or -all"
	}
	return domain + ": " + text + advice
}

// answerWith names the answer that has a record.
func answerWith(f lint.Finding) string {
	if n := len(f.Record.Answer.TXT); n > 1 {
		return fmt.Sprintf("the answer with the %d TXT records of the name", n)
	}
	return "the answer with the record"
}

// more says that a finding stands for several networks.
func more(n int) string {
	if n < 2 {
		return ""
	}
	if n == 2 {
		return ", and so is 1 more network"
	}
	return fmt.Sprintf(", and so are %d more networks", n-1)
}

// networkOf names the network of a finding: by its term if that shows it.
func networkOf(f lint.Finding, term string) string {
	if d, ok := f.Term.(*spf.Directive); ok && d.Addr.IsValid() {
		return term
	}
	return fmt.Sprintf("%s of %s", f.Network, term)
}

// inRecord names the record of the other term of a finding, if it is another one.
func inRecord(f lint.Finding) string {
	if f.Other == f.Record {
		return ""
	}
	return " in " + f.Other.Domain
}

// explanationProblem says why an explanation is not used.
func explanationProblem(err error) string {
	if syntax, ok := err.(*spf.SyntaxError); ok {
		return syntax.Kind.String()
	}
	return err.Error()
}

// nearMissText says why a TXT record that was meant as an SPF record is not one.
func nearMissText(miss lint.NearMiss) string {
	fault := miss.Text[miss.Offset : miss.Offset+miss.Length]
	switch miss.Kind {
	case lint.TextBeforeVersion:
		return "it must begin with \"v=spf1\", and " + characterName(fault) + " is before that (RFC 7208, 4.5)"
	case lint.QuoteBeforeVersion:
		return "the quotation marks are part of the text; write them around it in a zone file only (RFC 1035, 5.1)"
	case lint.BOMBeforeVersion:
		return "a byte order mark, which an editor hides, is before \"v=spf1\""
	case lint.NoSpaceAfterVersion:
		return "a space must follow \"v=spf1\", not " + characterName(fault) + " (RFC 7208, 4.5)"
	case lint.WrongVersion:
		return fmt.Sprintf("the version is \"v=spf1\", not %q (RFC 7208, 4.5)", fault)
	case lint.SplitStrings:
		return "its strings join without spaces (RFC 7208, 3.3); put one pair of quotation marks around the whole text"
	case lint.ObsoleteType:
		return "this record has the type SPF, which nobody looks up; publish it with the type TXT (RFC 7208, 3.1)"
	case lint.OtherName:
		return "this record is at " + miss.Name + ", where nobody looks it up (RFC 7208, 4.4); publish it at the domain itself, or redirect to it"
	}
	return "\"v=spf1\" is missing at its beginning (RFC 7208, 4.5)"
}

// syntaxErrorText says what is wrong with a term. It names a character that people may
// not see, or take for another one.
func syntaxErrorText(e *spf.SyntaxError) string {
	text := e.Kind.String()
	if e.Kind == spf.NonASCIIRecord {
		if e.Detail == "" {
			return text
		}
		_, size := utf8.DecodeRuneInString(e.Detail)
		return text + ": it has " + characterName(e.Detail[:size])
	}
	if i := strings.IndexFunc(e.Term, func(r rune) bool { return r == ';' || r == '"' || unicode.IsControl(r) }); i >= 0 {
		return text + ": it has " + characterName(e.Term[i:i+1])
	}
	switch e.Kind {
	case spf.BadIP4, spf.BadIP6:
		_, value, _ := strings.Cut(e.Term, ":")
		if value == "" {
			return text + ": it is missing"
		}
		address, length, ok := strings.Cut(value, "/")
		if _, err := netip.ParseAddr(address); ok && err == nil {
			return fmt.Sprintf("%q is not a prefix length: a number without leading zeros (RFC 7208, 5.6)", length)
		}
	case spf.UnknownMechanism:
		if strings.Contains(e.Term, ".") && !strings.ContainsAny(e.Term, ":=/@,") && dns.IsName(e.Term) {
			text += "; a domain name needs include:, a: or mx: before it"
		}
	case spf.UnknownMacro:
		text += "; the letters are s, l, o, d, i, p, v and h, and then a number, r and delimiters may follow (RFC 7208, 7.1)"
	case spf.BadDomainSpec:
		if strings.HasPrefix(strings.ToLower(e.Term), "exp=") {
			text += "; exp= has the name of a TXT record, which has the text (RFC 7208, 6.2)"
		}
	}
	return text
}

// characterName describes characters that people may not see.
func characterName(text string) string {
	switch text {
	case "\t":
		return "a tab"
	case "\n", "\r":
		return "a line break"
	case "\u00a0", "\xa0":
		return "a no-break space"
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case strings.Trim(text, " ") == "":
		return "a space"
	case strings.ContainsAny(text, "\u200b\u200c\u200d\u2060\u00ad\ufeff"):
		return fmt.Sprintf("an invisible character (%U)", r)
	case size == len(text) && unicode.Is(unicode.Pd, r) && r != '-', text == "\u2212":
		return fmt.Sprintf("a dash (%U), which is not a hyphen", r)
	case size == len(text) && r == utf8.RuneError:
		return fmt.Sprintf("the byte 0x%02X", text[0])
	case size == len(text) && r >= utf8.RuneSelf:
		return fmt.Sprintf("the character %U", r)
	}
	return fmt.Sprintf("%q", text)
}
