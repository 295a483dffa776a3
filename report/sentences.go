package report

import (
	"fmt"
	"strings"
)

// hasDMARC reports whether the log has lines of a DMARC filter.
func (r *Report) hasDMARC() bool { return r.DMARC.Pass+r.DMARC.Fail+r.DMARC.None > 0 }

// noDMARC says what it means that the log has no lines of a DMARC filter.
const noDMARC = "The log has no lines of a DMARC filter, so it does not show which forwarded mail passes DKIM."

// dmarcMeaning says what the DMARC results of refused mail mean.
const dmarcMeaning = "DMARC pass is legitimate mail that rejecting would lose. DMARC fail is refused or filed as spam anyway. With none, only SPF can refuse the mail. Unknown has no line of the filter."

// sentences returns what was lost because memory is bounded.
func (l *Limits) sentences() []string {
	var list []string
	if l.EvictedClients > 0 {
		list = append(list, fmt.Sprintf("%s with %s found no room in memory: the totals count them, findings do not.",
			count(l.EvictedClients, "client"), count(l.EvictedCount, "message")))
	}
	if l.EvictedDomains > 0 {
		list = append(list, count(l.EvictedDomains, "domain")+" with broken records found no room in memory.")
	}
	if l.Unresolved > 0 {
		list = append(list, count(l.Unresolved, "message")+" could not be decided again: there was no room for them.")
	}
	return list
}

// String returns what is missing in words.
func (n Needs) String() string {
	var parts []string
	for _, x := range []struct {
		n    int64
		what string
	}{
		{n.HELO, "the HELO result"}, {n.MailFrom, "the MAIL FROM result"}, {n.NoMail, `whether the record is "v=spf1 -all" (No_Mail)`},
		{n.ByAll, "whether nearly every client passes (Pass_By_All)"}, {n.Authentication, "whether the client has authenticated (Skip_Authenticated)"},
		{n.DMARC, "whether the domain has a DMARC policy (Leave_DMARC)"},
		{n.Recipient, "the recipient (Per_User)"}, {n.Envelope, "the client, HELO name or sender"}, {n.Whitelist, "the lookup for a whitelist"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s)", x.what, number(x.n)))
		}
	}
	return strings.Join(parts, ", ")
}

// kindTitles are the titles of the kinds of findings.
var kindTitles = [...]struct{ kind, title string }{
	{Forwarder, "Forwarders and lists"},
	{Misconfigured, "Servers missing in their domain's record"},
	{Undecided, "Clients about which the log shows too little"},
	{OwnHost, "Hosts of your own network"},
	{Permerror, "Domains with a broken record"},
	{ForgedOwn, "Your own domains, used by others"},
	{Forger, "Everything else that would be refused: forgers"},
}
