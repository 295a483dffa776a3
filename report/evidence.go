package report

import "fmt"

// evidence returns what the log shows about a group, in sentences.
func (x *classified) evidence(f *Finding) []string {
	list := []string{x.senderEvidence(f), x.recipientEvidence(f), x.nameEvidence()}
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if x.blocklisted > 0 {
		add("A block list refused %s of it.", count(int64(x.blocklisted), "message"))
	}
	if n := x.tally.wanted(outcomeNeutral); n > 0 {
		add("DMARC or DKIM passes for %s of it.", count(n, "message"))
	}
	switch x.kind {
	case OwnHost:
		add("A gateway, a second MX or NAT of yours hides the real clients from SPF. Exempt it, or have it pass the client on (XCLIENT, PROXY protocol).")
	case Misconfigured:
		add("Tell postmaster@%s: the record lacks this server.", &x.domain)
	case Undecided:
		if f.Domains >= minForwarderDomains && f.Recipients > fewRecipients {
			add("A second MX and a gateway look like this, and so do careful forgers. If it is yours, or works for you, exempt it.")
		}
	}
	return list
}

func (x *classified) senderEvidence(f *Finding) string {
	messages, days := count(f.Messages, "message"), count(int64(x.dayCount()), "day")
	switch {
	case f.Domains == 1:
		return fmt.Sprintf("%s from %s on %s that its record does not allow.", messages, &x.domain, days)
	case x.kind == Misconfigured:
		return fmt.Sprintf("%s from %s on %s that their records do not allow.", messages, count(f.Domains, "domain"), days)
	}
	return fmt.Sprintf("%s from %s on %s that their records do not allow.", messages, count(f.Domains, "unrelated domain"), days)
}

func (x *classified) recipientEvidence(f *Finding) string {
	recipients := count(f.Recipients, "recipient")
	switch {
	case x.toRecipients == 0:
		return "The log does not show the recipients."
	case x.unknown > 0:
		return fmt.Sprintf("For %s; %d of %d times there was no such mailbox.", recipients, x.unknown, x.toRecipients)
	}
	return fmt.Sprintf("For %s.", recipients)
}

// nameEvidence returns what the log shows about whose the client is.
func (x *classified) nameEvidence() string {
	switch {
	case isPrivate(x.address()):
		return "The address is private."
	case x.name.n > 0 && x.leadsBack():
		return fmt.Sprintf("Postfix verified its name %s, and its HELO name fits.", &x.name)
	case x.name.n > 0 && x.helo.n == 0:
		return fmt.Sprintf("Postfix verified its name %s; the log does not show its HELO name.", &x.name)
	case x.name.n > 0:
		return fmt.Sprintf("Postfix verified its name %s; its HELO name is another one (%s).", &x.name, &x.helo)
	case x.leadsBack():
		return fmt.Sprintf("SPF passes for its HELO name %s.", &x.helo)
	case x.named == 0 && x.helo.n == 0:
		return "The log shows neither its name nor its HELO name."
	case x.named == 0:
		return fmt.Sprintf("The log does not show whether it has a verified name; it calls itself %s.", &x.helo)
	}
	return fmt.Sprintf("It has no verified name; it calls itself %s.", &x.helo)
}
