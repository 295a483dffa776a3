package conf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// found returns the problems of a configuration, as one line each and without the
// directory.
func found(t *testing.T, text string) []string {
	t.Helper()
	l := load(t, text)
	var lines []string
	for _, p := range l.Check() {
		lines = append(lines, strings.ReplaceAll(p.String(), filepath.Dir(l.path)+"/", ""))
	}
	return lines
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{name: "empty", text: ""},
		{name: "configuration of the how-to", text: "debugLevel = 1\nTestOnly = 1\nHELO_reject = False\nMail_From_reject = False\nPermError_reject = False\n" +
			"TempError_Defer = False\nskip_addresses = 127.0.0.0/8,::ffff:127.0.0.0/104,::1\nHide_Receiver = Yes\nAuthserv_Id = HEADER\n"},
		{name: "byte order mark", text: "\ufeffHELO_reject = Fail", want: []string{
			"policyd-spf.conf:1: problem: \ufeffHELO_reject = Fail: a byte order mark before the name; expected HELO_reject as the first bytes of the file; used: the line is ignored"}},
		{name: "unknown name", text: "HELO_rejects = Fail", want: []string{
			"policyd-spf.conf:1: problem: HELO_rejects = Fail: unknown name; expected an option of policyd-spf.conf(5) (perhaps HELO_reject); used: the line is ignored"}},
		{name: "name in another case", text: "\nmail_from_reject = Fail", want: []string{
			"policyd-spf.conf:2: problem: mail_from_reject = Fail: unknown name; expected an option of policyd-spf.conf(5) (perhaps Mail_From_reject); used: the line is ignored"}},
		{name: "name unlike any other", text: "quux = Fail", want: []string{
			"policyd-spf.conf:1: problem: quux = Fail: unknown name; expected an option of policyd-spf.conf(5); used: the line is ignored"}},
		{name: "a third of the name's letters wrong", text: "Void_xxxit = 1", want: []string{
			"policyd-spf.conf:1: problem: Void_xxxit = 1: unknown name; expected an option of policyd-spf.conf(5) (perhaps Void_Limit); used: the line is ignored"}},
		{name: "more of the name's letters wrong", text: "Void_xxxxt = 1", want: []string{
			"policyd-spf.conf:1: problem: Void_xxxxt = 1: unknown name; expected an option of policyd-spf.conf(5); used: the line is ignored"}},
		{name: "no equals sign", text: "HELO_reject: Fail", want: []string{
			`policyd-spf.conf:1: problem: HELO_reject: Fail: no =; expected name = value; used: the line is ignored`}},
		{name: "two equals signs", text: "HELO_reject = = Fail", want: []string{
			"policyd-spf.conf:1: problem: HELO_reject = = Fail: more than one =; expected a value without =; used: the line is ignored"}},
		{name: "bad number", text: "Lookup_Time = 20s", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 20s: bad number; expected a whole number; used: 20, the default"}},
		{name: "set again", text: "No_Mail = True\nNo_Mail = False", want: []string{
			"policyd-spf.conf:1: problem: No_Mail = True: set again below; expected each option once; used: False"}},
		{name: "set again to nothing", text: "Authserv_Id = a\nAuthserv_Id =", want: []string{
			"policyd-spf.conf:1: problem: Authserv_Id = a: set again below; expected each option once; used: nothing"}},
		{name: "value in another case", text: "HELO_reject = fail", want: []string{
			"policyd-spf.conf:1: problem: HELO_reject = fail: not one of the values, which are case-sensitive; expected Fail; used: nothing is rejected"}},
		{name: "unknown value", text: "PermError_reject = 1", want: []string{
			"policyd-spf.conf:1: problem: PermError_reject = 1: not one of the values, which are case-sensitive; expected one of True, False; used: False"}},
		{name: "both headers", text: "Header_Type = SPF,AR", want: []string{
			"policyd-spf.conf:1: problem: Header_Type = SPF,AR: both header fields at once; expected one of SPF, AR, None; used: SPF"}},
		{name: "networks", text: "Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1", want: []string{
			"policyd-spf.conf:1: problem: Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1: 10.0.0.1/8 is a network with host bits set; expected 10.0.0.0/8, if the whole network is meant; used: the entry is ignored",
			"policyd-spf.conf:1: problem: Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1: mx.example is not a network; expected an address, or a network such as 192.0.2.0/24 or 2001:db8::/32; used: the entry is ignored"}},
		{name: "space instead of a comma between networks", text: "Whitelist = 192.0.2.1 192.0.2.2", want: []string{
			`policyd-spf.conf:1: problem: Whitelist = 192.0.2.1 192.0.2.2: a space in the entry "192.0.2.1 192.0.2.2"; expected commas between entries; used: the entry is ignored`}},
		{name: "space instead of a comma", text: "HELO_Whitelist = a.example b.example, c.example", want: []string{
			`policyd-spf.conf:1: problem: HELO_Whitelist = a.example b.example, c.example: a space in the entry "a.example b.example"; expected commas between entries; used: the entry matches nothing`}},
		{name: "names without A-labels", text: "Domain_Whitelist = a\u200db.example, bücher.example", want: []string{
			"policyd-spf.conf:1: problem: Domain_Whitelist = a\u200db.example, bücher.example: a\u200db.example is not a domain name that IDNA2008 allows; expected a domain name; used: the entry matches nothing"}},
		{name: "first character after ASCII", text: "Domain_Whitelist = a\u0080.example", want: []string{
			"policyd-spf.conf:1: problem: Domain_Whitelist = a\u0080.example: a\u0080.example is not a domain name that IDNA2008 allows; expected a domain name; used: the entry matches nothing"}},
		{name: "capitals in HELO_Whitelist", text: "HELO_Whitelist = BÜCHER.example, A.example, b.example", want: []string{
			"policyd-spf.conf:1: problem: HELO_Whitelist = BÜCHER.example, A.example, b.example: A.example has capital letters, but HELO names are compared in lower case; expected a.example; used: the entry matches nothing"}},
		{name: "capitals in Domain_Whitelist_PTR", text: "Domain_Whitelist_PTR = A.example"},
		{name: "not an address", text: "Prospective = mx.example\nHELO_reject = No_Check", want: []string{
			"policyd-spf.conf:1: problem: Prospective = mx.example: not an address; expected an IPv4 or IPv6 address; used: no request is checked"}},
		{name: "address unset", text: "Prospective ="},
		{name: "test mode", text: "TestOnly = 0", want: []string{
			"policyd-spf.conf:1: problem: TestOnly = 0: this is test mode: nothing is rejected or deferred; expected 1 for normal operation"}},
		{name: "old test mode", text: "defaultSeedOnly = 1", want: []string{
			"policyd-spf.conf:1: problem: defaultSeedOnly = 1: the old name of TestOnly only logs a warning for each request; expected TestOnly = 0 for test mode, or nothing"}},
		{name: "no such level", text: "debugLevel = 6", want: []string{"policyd-spf.conf:1: hint: debugLevel = 6: there is no such level; expected -1 to 5"}},
		{name: "no such level below zero", text: "debugLevel = -2", want: []string{"policyd-spf.conf:1: hint: debugLevel = -2: there is no such level; expected -1 to 5"}},
		{name: "lowest level", text: "debugLevel = -1"},
		{name: "highest level", text: "debugLevel = 5"},
		{name: "one void lookup allowed", text: "Void_Limit = 1"},
		{name: "no void lookups allowed", text: "Void_Limit = 0", want: []string{
			"policyd-spf.conf:1: problem: Void_Limit = 0: a name without TXT records is a permanent error; expected 2 (RFC 7208, 4.6.4)"}},
		{name: "mock", text: "Mock = True", want: []string{"policyd-spf.conf:1: problem: Mock = True: nothing is checked, every reply is a mock; expected False"}},
		{name: "mock off", text: "Mock = no"},
		{name: "option of the milter", text: "Socket = x", want: []string{"policyd-spf.conf:1: hint: Socket = x: an option of the spf-engine milter, without effect here"}},
		{name: "bad message", text: "Reason_Message = {why}", want: []string{
			"policyd-spf.conf:1: problem: Reason_Message = {why}: unknown field {why}; expected the fields {rejectdefer}, {spf} and {url}; used: the default message"}},
		{name: "bad URL", text: "Reason_URL = http://x/{url}", want: []string{
			"policyd-spf.conf:1: problem: Reason_URL = http://x/{url}: bad value; expected text with the fields {0} to {3}; used: http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}, the default"}},
		{name: "no reply for a Pass", text: "HELO_pass_restriction ="},
		{name: "address, mail address, asterisk and slash among names", text: "Domain_Whitelist = 192.0.2.1, [2001:db8::1], a@b.example, *.c.example, http://d.example", want: []string{
			"policyd-spf.conf:1: problem: Domain_Whitelist = @LIST@: 192.0.2.1 is an address among names; expected skip_addresses or Whitelist; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Domain_Whitelist = @LIST@: [2001:db8::1] is an address among names; expected skip_addresses or Whitelist; used: the entry matches nothing",
			"policyd-spf.conf:1: hint: Domain_Whitelist = @LIST@: the part before @ means nothing; expected b.example; used: the record of b.example",
			"policyd-spf.conf:1: problem: Domain_Whitelist = @LIST@: *.c.example has an asterisk, which stands for itself; expected c.example; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Domain_Whitelist = @LIST@: http://d.example is not a domain name; expected a domain name; used: the entry matches nothing"}},
		{name: "final dots", text: "Domain_Whitelist = a.example.\nHELO_Whitelist = b.example.\nDomain_Whitelist_PTR = c.example.\nReject_Not_Pass_Domains = d.example.\nSkip_Sender_Domains = e.example.", want: []string{
			"policyd-spf.conf:4: problem: Reject_Not_Pass_Domains = d.example.: d.example. has a final dot, but names are compared without one; expected d.example; used: the entry matches nothing",
			"policyd-spf.conf:2: problem: HELO_Whitelist = b.example.: b.example. has a final dot, but names are compared without one; expected b.example; used: the entry matches nothing",
			"policyd-spf.conf:3: problem: Domain_Whitelist_PTR = c.example.: c.example. has a final dot, but names are compared without one; expected c.example; used: the entry matches nothing",
			"policyd-spf.conf:5: problem: Skip_Sender_Domains = e.example.: e.example. has a final dot, but names are compared without one; expected e.example; used: the entry matches nothing"}},
		{name: "leading dots and asterisks", text: "Domain_Whitelist_PTR = .a.example, *.b.example, *\nHELO_Whitelist = .c.example", want: []string{
			"policyd-spf.conf:2: problem: HELO_Whitelist = .c.example: .c.example begins with a dot, as no name does; expected c.example; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Domain_Whitelist_PTR = .a.example, *.b.example, *: *.b.example has an asterisk, which stands for itself; expected .b.example, which matches subdomains; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Domain_Whitelist_PTR = .a.example, *.b.example, *: * has an asterisk, which stands for itself; expected a domain name; used: the entry matches nothing"}},
		{name: "subdomains of senders", text: "Skip_Sender_Domains = .a.example, *.b.example, a@c.example, [192.0.2.1], 192.0.2.1, .bücher.example", want: []string{
			"policyd-spf.conf:1: problem: Skip_Sender_Domains = .a.example, *.b.example, a@c.example, [192.0.2.1], 192.0.2.1, .bücher.example: *.b.example has an asterisk, which stands for itself; expected .b.example, which matches subdomains; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Skip_Sender_Domains = .a.example, *.b.example, a@c.example, [192.0.2.1], 192.0.2.1, .bücher.example: a@c.example is a mail address, but domain names are compared; expected c.example; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Skip_Sender_Domains = .a.example, *.b.example, a@c.example, [192.0.2.1], 192.0.2.1, .bücher.example: 192.0.2.1 is an address among names; expected skip_addresses or Whitelist; used: the entry matches nothing"}},
		{name: "subdomains in Reject_Not_Pass_Domains", text: "Reject_Not_Pass_Domains = .a.example, *.b.example, *, A.example", want: []string{
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = .a.example, *.b.example, *, A.example: .a.example does not apply to subdomains; expected each subdomain; used: a.example and the domains above it",
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = .a.example, *.b.example, *, A.example: *.b.example does not apply to subdomains; expected each subdomain; used: b.example and the domains above it",
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = .a.example, *.b.example, *, A.example: * has an asterisk, which stands for itself; expected a domain name; used: the entry matches nothing"}},
		{name: "dots alone", text: "Reject_Not_Pass_Domains = ., .., *.\nSkip_Sender_Domains = .", want: []string{
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = ., .., *.: . is not a domain name; expected a domain name; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = ., .., *.: .. is not a domain name; expected a domain name; used: the entry matches nothing",
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = ., .., *.: *. has an asterisk, which stands for itself; expected a domain name; used: the entry matches nothing",
			"policyd-spf.conf:2: problem: Skip_Sender_Domains = .: . is not a domain name; expected a domain name; used: the entry matches nothing"}},
		{name: "every address", text: "Whitelist = 0.0.0.0/0", want: []string{
			"policyd-spf.conf:1: problem: Whitelist = 0.0.0.0/0: 0.0.0.0/0 contains every address of its family: none is checked; expected the networks of your own hosts"}},
		{name: "errors rejected, but nothing else", text: "PermError_reject = True\nTempError_Defer = True\nHELO_reject = False\nMail_From_reject = No_Check", want: []string{
			"policyd-spf.conf:1: problem: PermError_reject = True: no permanent error is rejected, because HELO_reject and Mail_From_reject reject nothing; expected HELO_reject or Mail_From_reject other than False and No_Check",
			"policyd-spf.conf:2: problem: TempError_Defer = True: no temporary error is deferred, because HELO_reject and Mail_From_reject reject nothing; expected HELO_reject or Mail_From_reject other than False and No_Check"}},
		{name: "errors rejected with one check", text: "PermError_reject = True\nTempError_Defer = True\nHELO_reject = Fail\nMail_From_reject = False"},
		{name: "errors rejected for listed domains", text: "PermError_reject = True\nHELO_reject = False\nMail_From_reject = False\nReject_Not_Pass_Domains = a.example"},
		{name: "errors rejected with an invalid value", text: "PermError_reject = True\nHELO_reject = False\nMail_From_reject = false", want: []string{
			"policyd-spf.conf:3: problem: Mail_From_reject = false: not one of the values, which are case-sensitive; expected False; used: nothing is rejected"}},
		{name: "PermError_reject with No_Mail", text: "PermError_reject = True\nNo_Mail = True", want: []string{
			`policyd-spf.conf:1: problem: PermError_reject = True: no permanent error is rejected, because No_Mail = True rejects only for the record "v=spf1 -all"; expected No_Mail = False`}},
		{name: "No_Mail that rejects nothing", text: "No_Mail = True\nHELO_reject = False\nMail_From_reject = False", want: []string{
			"policyd-spf.conf:1: problem: No_Mail = True: nothing is rejected, so this never applies; expected HELO_reject or Mail_From_reject other than False and No_Check"}},
		{name: "listed domains without checks", text: "Reject_Not_Pass_Domains = a.example\nHELO_reject = No_Check\nMail_From_reject = No_Check", want: []string{
			"policyd-spf.conf:1: problem: Reject_Not_Pass_Domains = a.example: nothing is checked, so this never applies; expected HELO_reject or Mail_From_reject other than No_Check"}},
		{name: "actions for results of no check", text: "HELO_pass_restriction = permit\nMail_From_softfail_restriction = hold\nMail_From_reject = No_Check", want: []string{
			"policyd-spf.conf:2: problem: Mail_From_softfail_restriction = hold: there is no such result, because Mail_From_reject = No_Check; expected Mail_From_reject other than No_Check"}},
		{name: "nothing to leave to DMARC", text: "Leave_DMARC = All\nMail_From_reject = False", want: []string{
			"policyd-spf.conf:1: hint: Leave_DMARC = All: MAIL FROM rejects nothing that could be left to DMARC; expected Mail_From_reject = Fail"}},
		{name: "time for no lookups", text: "Whitelist_Lookup_Time = 5", want: []string{
			"policyd-spf.conf:1: hint: Whitelist_Lookup_Time = 5: no whitelist needs lookups; expected Domain_Whitelist, HELO_Whitelist or Domain_Whitelist_PTR"}},
		{name: "URL without a place", text: "Reason_URL = https://mx.example/\nReason_Message = {rejectdefer}", want: []string{
			"policyd-spf.conf:1: hint: Reason_URL = https://mx.example/: Reason_Message has no place for it; expected {url} in Reason_Message"}},
		{name: "Postfix restrictions", text: "HELO_pass_restriction = reject_unauth_destination\nMail_From_pass_restriction = check_recipient_access hash:/x"},
		{name: "relative path", text: "Shadow_Config = shadow.conf", want: []string{
			"policyd-spf.conf:1: problem: Shadow_Config = shadow.conf: not an absolute path; expected a path that starts with /; used: the path below the directory in which the program runs"}},
		{name: "no shadow", text: "Shadow_Config ="},
		{name: "unknown log format", text: "Log_Format = json", want: []string{
			"policyd-spf.conf:1: problem: Log_Format = json: not one of the values, which are case-sensitive; expected one of classic, action, kv; used: classic"}},
		{name: "Postfix action", text: "HELO_pass_restriction = PREPEND X-SPF: x\nMail_From_pass_restriction = permit_auth_destination"},
		{name: "AR without name", text: "Header_Type = AR\nAuthserv_Id =", want: []string{
			"policyd-spf.conf:2: problem: Authserv_Id = : Header_Type = AR needs a name; expected HOSTNAME, or a name; used: the host's name"}},
		{name: "both header fields without name", text: "Header_Type = SPF,AR\nAuthserv_Id =", want: []string{
			"policyd-spf.conf:1: problem: Header_Type = SPF,AR: both header fields at once; expected one of SPF, AR, None; used: SPF"}},
		{name: "AR with the default name", text: "Header_Type = AR"},
		{name: "Prospective with HELO", text: "Prospective = 192.0.2.1", want: []string{
			"policyd-spf.conf:1: problem: Prospective = 192.0.2.1: the client's HELO name is checked for another address; expected HELO_reject = No_Check"}},
		{name: "No_Mail without checks", text: "No_Mail = True\nHELO_reject = No_Check\nMail_From_reject = No_Check", want: []string{
			"policyd-spf.conf:1: problem: No_Mail = True: nothing is checked, so this never applies; expected HELO_reject or Mail_From_reject other than No_Check"}},
		{name: "No_Mail with the MAIL FROM check", text: "No_Mail = True\nHELO_reject = No_Check"},
		{name: "No_Mail with the HELO check", text: "No_Mail = True\nMail_From_reject = No_Check"},
		{name: "Prospective without HELO check", text: "Prospective = 192.0.2.1\nHELO_reject = No_Check"},
		{name: "long lookups", text: "Lookup_Time = 51", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 51: 2 checks of 51 s may take 102 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "long lookups, one check only", text: "Lookup_Time = 51\nHELO_reject = No_Check"},
		{name: "just short enough", text: "Lookup_Time = 45"},
		{name: "long lookups with Leave_DMARC", text: "Lookup_Time = 41\nLeave_DMARC = All", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 41: 2 checks of 41 s, and 10 s for Leave_DMARC, may take 92 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "just short enough with Leave_DMARC", text: "Lookup_Time = 40\nLeave_DMARC = All"},
		{name: "just too long", text: "Lookup_Time = 91\nMail_From_reject = No_Check", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 91: 1 check of 91 s may take 91 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "checks as long as lists", text: "Lookup_Time = 30\nDomain_Whitelist = a,b,c,d,e,f", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 30: 2 checks of 30 s and 6 whitelist lookups of 10 s may take 120 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "long lists without checks", text: "HELO_reject = No_Check\nMail_From_reject = No_Check\nDomain_Whitelist = a,b,c,d,e,f,g,h,i,j", want: []string{
			"policyd-spf.conf: problem: Whitelist_Lookup_Time = 10: 10 whitelist lookups of 10 s and 0 checks of 20 s may take 100 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "long lists", text: "Domain_Whitelist = a,b,c,d,e\nHELO_Whitelist = a,b\nDomain_Whitelist_PTR = a,b", want: []string{
			"policyd-spf.conf: problem: Whitelist_Lookup_Time = 10: 7 whitelist lookups of 10 s and 2 checks of 20 s may take 110 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "long lookups beside lists", text: "Lookup_Time = 300\nDomain_Whitelist = a,b,c", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 300: 2 checks of 300 s and 3 whitelist lookups of 10 s may take 630 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "negative times", text: "Lookup_Time = -100\nWhitelist_Lookup_Time = -1\nDomain_Whitelist = a", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = -100: no time for lookups: every one fails; expected 20",
			"policyd-spf.conf:2: problem: Whitelist_Lookup_Time = -1: no time for lookups: every one fails; expected 10"}},
		{name: "long lists beside a negative time", text: "Lookup_Time = -1\nDomain_Whitelist = a,b,c,d,e,f,g,h,i,j", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = -1: no time for lookups: every one fails; expected 20",
			"policyd-spf.conf: problem: Whitelist_Lookup_Time = 10: 10 whitelist lookups of 10 s and 2 checks of -1 s may take 100 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "long checks beside a negative time", text: "Lookup_Time = 46\nWhitelist_Lookup_Time = -10\nDomain_Whitelist = a", want: []string{
			"policyd-spf.conf:2: problem: Whitelist_Lookup_Time = -10: no time for lookups: every one fails; expected 10",
			"policyd-spf.conf:1: problem: Lookup_Time = 46: 2 checks of 46 s and 1 whitelist lookup of -10 s may take 92 s; expected at most 90 s, because Postfix waits 100 s (smtpd_policy_service_timeout); used: 90 s; a check that is not finished by then is Temperror"}},
		{name: "no limit, and no checks", text: "Lookup_Time = 0\nHELO_reject = No_Check\nMail_From_reject = No_Check"},
		{name: "no limit", text: "Lookup_Time = 0", want: []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 0: no limit for the lookups of a check; expected 20, or less"}},
		{name: "Per_User of unknown type", text: "Per_User = sql,/x", want: []string{
			"policyd-spf.conf:1: problem: Per_User = sql,/x: not a type and a path; expected text,PATH; used: the settings of all users"}},
		{name: "Per_User of no file", text: "Per_User = text,/nonexistent/x", want: []string{
			"policyd-spf.conf:1: problem: Per_User = text,/nonexistent/x: No such file or directory; expected a readable file; used: the settings of all users"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, _, _ := strings.Cut(strings.TrimPrefix(test.text, "Domain_Whitelist = "), "\n")
			for i, line := range test.want {
				test.want[i] = strings.ReplaceAll(line, "@LIST@", list)
			}
			if got := found(t, test.text); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestCheckLimitsListProblems(t *testing.T) {
	for _, list := range []string{"Whitelist = ", "HELO_Whitelist = "} {
		got := found(t, list+strings.Repeat("a b, ", 1000))
		if len(got) != 21 || !strings.HasSuffix(got[20], ": 980 more entries are wrong") {
			t.Errorf("%s: %d problems, the last: %.200s", list, len(got), got[len(got)-1])
		}
		got = found(t, list+strings.Repeat("a b, ", 20))
		if len(got) != 20 || strings.HasSuffix(got[19], "more entries are wrong") {
			t.Errorf("%s: %d problems of 20 entries, the last: %.200s", list, len(got), got[len(got)-1])
		}
	}
}

func TestCheckMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	l, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	problems := l.Check()
	if want := path + ": problem: No such file or directory; expected a configuration file; used: the defaults"; len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v, want %s", problems, want)
	}
}

func TestCheckShadow(t *testing.T) {
	for _, test := range []struct {
		name, shadow string
		want         []string
	}{
		{name: "good", shadow: "HELO_reject = False\n"},
		{name: "bad line", shadow: "HELO_rejects = False\n", want: []string{
			"shadow.conf:1: problem: HELO_rejects = False: unknown name; expected an option of policyd-spf.conf(5) (perhaps HELO_reject); used: the line is ignored"}},
		{name: "bad value", shadow: "HELO_reject = fail\n", want: []string{
			"shadow.conf:1: problem: HELO_reject = fail: not one of the values, which are case-sensitive; expected Fail; used: nothing is rejected"}},
		{name: "contradiction", shadow: "Lookup_Time = 0\n", want: []string{
			"shadow.conf:1: problem: Lookup_Time = 0: no limit for the lookups of a check; expected 20, or less"}},
		{name: "shadow of a shadow", shadow: "Shadow_Config = /nowhere\n", want: []string{
			"shadow.conf:1: hint: Shadow_Config = /nowhere: this file is a shadow configuration itself; used: nothing"}},
		{name: "no file", want: []string{
			`policyd-spf.conf:1: problem: Shadow_Config = shadow.conf: No such file or directory; expected a configuration file; used: no shadow configuration`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "shadow.conf")
			if test.shadow != "" {
				if err := os.WriteFile(path, []byte(test.shadow), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, line := range found(t, "Shadow_Config = "+path) {
				got = append(got, strings.ReplaceAll(line, dir+"/", ""))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestLoadShadow(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ name, path, want string }{
		{name: "no file", path: dir + "/none", want: `ERROR stating "` + dir + `/none": No such file or directory`},
		{name: "directory", path: dir, want: `ERROR opening "` + dir + `": Not a regular file`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := File{Settings: Settings{ShadowConfig: test.path}}
			if shadow, err := f.LoadShadow(); shadow != nil || err == nil || err.Error() != test.want {
				t.Errorf("%v, %v; want the error %s", shadow, err, test.want)
			}
		})
	}
	var f File
	if shadow, err := f.LoadShadow(); shadow != nil || err != nil {
		t.Errorf("without Shadow_Config: %v, %v", shadow, err)
	}
}

func TestCheckLimitsPerUserProblems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peruser")
	rewrite(t, path, strings.Repeat("junk\n", 1000), time.Hour)
	got := found(t, "Per_User = text,"+path)
	if len(got) != 101 || !strings.HasSuffix(got[100], "peruser:100: problem: the rest of the file was not checked") {
		t.Errorf("%d problems, the last: %s", len(got), got[len(got)-1])
	}
}

func TestAnswerTime(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       time.Duration
	}{
		{name: "defaults", want: 40 * time.Second},
		{name: "one check", text: "HELO_reject = No_Check", want: 20 * time.Second},
		{name: "with whitelists", text: "Domain_Whitelist = a.example, b.example\nHELO_Whitelist = c.example", want: 70 * time.Second},
		{name: "with Leave_DMARC", text: "Leave_DMARC = Enforced", want: 50 * time.Second},
		{name: "Leave_DMARC without the MAIL FROM check", text: "Leave_DMARC = Enforced\nMail_From_reject = No_Check", want: 20 * time.Second},
		{name: "at most ReplyTimeout", text: "Lookup_Time = 60", want: ReplyTimeout},
		{name: "no limit", text: "Lookup_Time = 0", want: ReplyTimeout},
		{name: "no lookups", text: "HELO_reject = No_Check\nMail_From_reject = No_Check"},
		{name: "no time", text: "Lookup_Time = -1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := load(t, test.text).Settings.AnswerTime(); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestRestrictions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peruser")
	rewrite(t, path, "# c\na@b,HELO_reject=False|Mail_From_pass_restriction=strict\nc@d,HELO_pass_restriction=|HELO_pass_restriction=a=b\n", time.Hour)
	l := load(t, "Mail_From_softfail_restriction = hold\nHELO_pass_restriction =\nPer_User = text,"+path)
	want := []Restriction{
		{File: l.path, Line: 1, Name: "Mail_From_softfail_restriction", Value: "hold"},
		{File: path, Line: 2, Name: "Mail_From_pass_restriction", Value: "strict"},
	}
	if got := l.Restrictions(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// With a per-user file, an option may have an effect for some recipients only.
func TestCheck_effectForSomeRecipients(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peruser")
	rewrite(t, path, "a@b,No_Mail=False\n", time.Hour)
	got := found(t, "PermError_reject = True\nNo_Mail = True\nPer_User = text,"+path)
	if len(got) != 1 || !strings.HasPrefix(got[0], "policyd-spf.conf:1: hint: ") {
		t.Errorf("%q, want one hint", got)
	}
}

// FuzzCheck: no value of a list makes the check panic.
func FuzzCheck(f *testing.F) {
	for _, value := range []string{".", "*.", "a@", "[", "*.a.example, .b.example.", "192.0.2.1/33, ::/0"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, o := range Options() {
			if o.Kind == List || o.Kind == NetworkList {
				o.check(value)
			}
		}
	})
}
