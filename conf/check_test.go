package conf

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// found gives the problems of a configuration of text in one line each.
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
		{"empty", "", nil},
		{"of the how-to", "debugLevel = 1\nTestOnly = 1\nHELO_reject = False\nMail_From_reject = False\nPermError_reject = False\n" +
			"TempError_Defer = False\nskip_addresses = 127.0.0.0/8,::ffff:127.0.0.0/104,::1\nHide_Receiver = Yes\nAuthserv_Id = HEADER\n", nil},
		{"unknown name", "HELO_rejects = Fail", []string{
			"policyd-spf.conf:1: problem: HELO_rejects = Fail: unknown name; expected an option of policyd-spf.conf(5) (perhaps HELO_reject); used: the line is ignored"}},
		{"case of a name", "\nmail_from_reject = Fail", []string{
			"policyd-spf.conf:2: problem: mail_from_reject = Fail: unknown name; expected an option of policyd-spf.conf(5) (perhaps Mail_From_reject); used: the line is ignored"}},
		{"a name like no other", "quux = Fail", []string{
			"policyd-spf.conf:1: problem: quux = Fail: unknown name; expected an option of policyd-spf.conf(5); used: the line is ignored"}},
		{"no equals sign", "HELO_reject: Fail", []string{
			`policyd-spf.conf:1: problem: HELO_reject: Fail: no =; expected name = value; used: the line is ignored`}},
		{"two equals signs", "HELO_reject = = Fail", []string{
			"policyd-spf.conf:1: problem: HELO_reject = = Fail: more than one =; expected a value without =; used: the line is ignored"}},
		{"bad number", "Lookup_Time = 20s", []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 20s: bad number; expected a whole number; used: 20, the default"}},
		{"set again", "No_Mail = True\nNo_Mail = False", []string{
			"policyd-spf.conf:1: problem: No_Mail = True: set again below; expected each option once; used: False"}},
		{"case of a word", "HELO_reject = fail", []string{
			"policyd-spf.conf:1: problem: HELO_reject = fail: not one of the values, which are case-sensitive; expected Fail; used: nothing is rejected"}},
		{"another word", "PermError_reject = 1", []string{
			"policyd-spf.conf:1: problem: PermError_reject = 1: not one of the values, which are case-sensitive; expected one of True, False; used: False"}},
		{"both headers", "Header_Type = SPF,AR", []string{
			"policyd-spf.conf:1: problem: Header_Type = SPF,AR: both header fields at once; expected one of SPF, AR, None; used: SPF"}},
		{"networks", "Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1", []string{
			"policyd-spf.conf:1: problem: Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1: 10.0.0.1/8 is a network with host bits set; expected 10.0.0.0/8, if the whole network is meant; used: the entry is ignored",
			"policyd-spf.conf:1: problem: Whitelist = 10.0.0.1/8, mx.example, 192.0.2.1: mx.example is not a network; expected an address, or a network such as 192.0.2.0/24 or 2001:db8::/32; used: the entry is ignored"}},
		{"blank for a comma between networks", "Whitelist = 192.0.2.1 192.0.2.2", []string{
			`policyd-spf.conf:1: problem: Whitelist = 192.0.2.1 192.0.2.2: a space in the entry "192.0.2.1 192.0.2.2"; expected commas between entries; used: the entry is ignored`}},
		{"blank for a comma", "HELO_Whitelist = a.example b.example, c.example", []string{
			`policyd-spf.conf:1: problem: HELO_Whitelist = a.example b.example, c.example: a space in the entry "a.example b.example"; expected commas between entries; used: the entry matches nothing`}},
		{"names without A-labels", "Domain_Whitelist = a\u200db.example, bücher.example", []string{
			"policyd-spf.conf:1: problem: Domain_Whitelist = a\u200db.example, bücher.example: a\u200db.example is not a domain name that IDNA2008 allows; expected a domain name; used: the entry matches nothing"}},
		{"capitals in HELO_Whitelist", "HELO_Whitelist = BÜCHER.example, A.example, b.example", []string{
			"policyd-spf.conf:1: problem: HELO_Whitelist = BÜCHER.example, A.example, b.example: A.example has capital letters, but HELO names are compared in lower case; expected a.example; used: the entry matches nothing"}},
		{"capitals in Domain_Whitelist_PTR", "Domain_Whitelist_PTR = A.example", nil},
		{"no address", "Prospective = mx.example\nHELO_reject = No_Check", []string{
			"policyd-spf.conf:1: problem: Prospective = mx.example: not an address; expected an IPv4 or IPv6 address; used: no request is checked"}},
		{"test mode", "TestOnly = 0", []string{
			"policyd-spf.conf:1: problem: TestOnly = 0: this is test mode: nothing is rejected or deferred; expected 1 for normal operation"}},
		{"old test mode", "defaultSeedOnly = 1", []string{
			"policyd-spf.conf:1: problem: defaultSeedOnly = 1: the old name of TestOnly only logs a warning for each request; expected TestOnly = 0 for test mode, or nothing"}},
		{"no such level", "debugLevel = 6", []string{"policyd-spf.conf:1: hint: debugLevel = 6: there is no such level; expected -1 to 5"}},
		{"no void lookup", "Void_Limit = 0", []string{
			"policyd-spf.conf:1: problem: Void_Limit = 0: a name without TXT records is a permanent error; expected 2 (RFC 7208, 4.6.4)"}},
		{"mock", "Mock = True", []string{"policyd-spf.conf:1: problem: Mock = True: nothing is checked, every reply is a mock; expected False"}},
		{"no mock", "Mock = no", nil},
		{"of the milter", "Socket = x", []string{"policyd-spf.conf:1: hint: Socket = x: an option of the spf-engine milter, without effect here"}},
		{"bad message", "Reason_Message = {why}", []string{
			"policyd-spf.conf:1: problem: Reason_Message = {why}: unknown field {why}; expected the fields {rejectdefer}, {spf} and {url}; used: the default message"}},
		{"bad URL", "Reason_URL = http://x/{url}", []string{
			"policyd-spf.conf:1: problem: Reason_URL = http://x/{url}: bad value; expected text with the fields {0} to {3}; used: http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}, the default"}},
		{"restriction class", "HELO_pass_restriction = spf_passed", []string{
			"policyd-spf.conf:1: hint: HELO_pass_restriction = spf_passed: not an action that Postfix defines; expected spf_passed in smtpd_restriction_classes of main.cf"}},
		{"Postfix action", "HELO_pass_restriction = PREPEND X-SPF: x\nMail_From_pass_restriction = permit_auth_destination", nil},
		{"AR without name", "Header_Type = AR\nAuthserv_Id =", []string{
			"policyd-spf.conf:2: problem: Authserv_Id = : Header_Type = AR needs a name; expected HOSTNAME, or a name; used: the host's name"}},
		{"AR with the default name", "Header_Type = AR", nil},
		{"Prospective with HELO", "Prospective = 192.0.2.1", []string{
			"policyd-spf.conf:1: problem: Prospective = 192.0.2.1: the client's HELO name is checked for another address; expected HELO_reject = No_Check"}},
		{"No_Mail without checks", "No_Mail = True\nHELO_reject = No_Check\nMail_From_reject = No_Check", []string{
			"policyd-spf.conf:1: problem: No_Mail = True: nothing is checked, so this never applies; expected HELO_reject or Mail_From_reject other than No_Check"}},
		{"long lookups", "Lookup_Time = 51", []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 51: 2 checks of 51 s may take 102 s; expected less than the 100 s that Postfix waits (smtpd_policy_service_timeout); used: 90 s in all; a check that is not finished by then is Temperror"}},
		{"long lookups of one check", "Lookup_Time = 51\nHELO_reject = No_Check", nil},
		{"long lists", "Domain_Whitelist = a,b,c,d,e\nHELO_Whitelist = a,b\nDomain_Whitelist_PTR = a,b", []string{
			"policyd-spf.conf: problem: Whitelist_Lookup_Time = 10: 7 whitelist lookups of 10 s and 2 checks of 20 s may take 110 s; expected less than the 100 s that Postfix waits (smtpd_policy_service_timeout); used: 90 s in all; a check that is not finished by then is Temperror"}},
		{"long lookups beside lists", "Lookup_Time = 300\nDomain_Whitelist = a,b,c", []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 300: 2 checks of 300 s and 3 whitelist lookups of 10 s may take 630 s; expected less than the 100 s that Postfix waits (smtpd_policy_service_timeout); used: 90 s in all; a check that is not finished by then is Temperror"}},
		{"negative times", "Lookup_Time = -100\nWhitelist_Lookup_Time = -1\nDomain_Whitelist = a", []string{
			"policyd-spf.conf:1: problem: Lookup_Time = -100: no time for lookups: every one fails; expected 20",
			"policyd-spf.conf:2: problem: Whitelist_Lookup_Time = -1: no time for lookups: every one fails; expected 10"}},
		{"no limit", "Lookup_Time = 0", []string{
			"policyd-spf.conf:1: problem: Lookup_Time = 0: no limit for the lookups of a check; expected 20, or less"}},
		{"Per_User of unknown type", "Per_User = sql,/x", []string{
			"policyd-spf.conf:1: problem: Per_User = sql,/x: not a type and a path; expected text,PATH; used: the settings of all users"}},
		{"Per_User of no file", "Per_User = text,/nonexistent/x", []string{
			"policyd-spf.conf:1: problem: Per_User = text,/nonexistent/x: No such file or directory; expected a readable file; used: the settings of all users"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := found(t, test.text); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestCheckLongList(t *testing.T) {
	for _, list := range []string{"Whitelist = ", "HELO_Whitelist = "} {
		got := found(t, list+strings.Repeat("a b, ", 1000))
		if len(got) != maxBadEntries+1 || !strings.HasSuffix(got[len(got)-1], ": 980 more entries are wrong") {
			t.Errorf("%s: %d problems, the last: %.200s", list, len(got), got[len(got)-1])
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

func TestCheckPerUser(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"good", "# c\n\na@b,HELO_reject=False\n", nil},
		{"no comma", "a@b\n", []string{"peruser:1: problem: a@b: no comma after the user; expected user,settings; used: the line is ignored"}},
		{"capitals", "A@b,HELO_reject=False\n", []string{
			"peruser:1: problem: user = A@b: recipients are compared in lower case, so this never matches; expected a@b"}},
		{"twice", "\na@b,HELO_reject=False\na@b,HELO_reject=Fail\n", []string{
			"peruser:3: problem: user = a@b: the user is in line 2 already; used: the first line"}},
		{"unknown name", "a@b,helo_reject=False\n", []string{
			"peruser:1: problem: helo_reject = False: unknown name; expected a setting of policyd-spf.peruser(5) (perhaps HELO_reject); used: the setting is ignored"}},
		{"not per user", "a@b,TestOnly=0\n", []string{
			"peruser:1: problem: TestOnly = 0: unknown name; expected a setting of policyd-spf.peruser(5); used: the setting is ignored"}},
		{"bad number", "a@b,Lookup_Time=x\n", []string{
			"peruser:1: problem: Lookup_Time = x: bad value; expected a whole number; used: the setting is ignored"}},
		{"blank in a word", "a@b,HELO_reject=False |No_Mail=True\n", []string{
			"peruser:1: problem: HELO_reject = False : not one of the values, which are case-sensitive; expected one of SPF_Not_Pass, Softfail, Fail, Null, False, No_Check; used: nothing is rejected"}},
		{"host bits", "a@b,Whitelist=10.0.0.1/8\n", []string{
			"peruser:1: problem: Whitelist = 10.0.0.1/8: 10.0.0.1/8 is a network with host bits set; expected 10.0.0.0/8, if the whole network is meant; used: the entry is ignored"}},
		{"two equals signs", "a@b,Reason_Message=x=y\n", []string{
			"peruser:1: problem: Reason_Message = x=y: not a name, one = and a value; expected name=value; used: the setting is ignored"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "peruser")
			rewrite(t, path, test.text, time.Hour)
			var got []string
			for _, line := range found(t, "Per_User = text,"+path) {
				got = append(got, strings.ReplaceAll(line, path, "peruser"))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestCheckPerUserStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peruser")
	rewrite(t, path, strings.Repeat("junk\n", 1000), time.Hour)
	got := found(t, "Per_User = text,"+path)
	if len(got) != maxPerUserProblems+1 || !strings.HasSuffix(got[len(got)-1], "the rest of the file was not checked") {
		t.Errorf("%d problems, the last: %s", len(got), got[len(got)-1])
	}
}
