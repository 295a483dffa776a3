package e2e

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	// saRules and saSite are the rules and the configuration of SpamAssassin:
	// only the rules about SPF.
	saRules = "/etc/sa-rules"
	saSite  = "/etc/sa-site"

	saRulesText = `
add_header all Rules _TESTS_
header SPF_PASS        eval:check_for_spf_pass()
header SPF_NEUTRAL     eval:check_for_spf_neutral()
header SPF_NONE        eval:check_for_spf_none()
header SPF_FAIL        eval:check_for_spf_fail()
header SPF_SOFTFAIL    eval:check_for_spf_softfail()
header SPF_PERMERROR   eval:check_for_spf_permerror()
header SPF_TEMPERROR   eval:check_for_spf_temperror()
`
	saSiteText = `
dns_available yes
report_safe 0
use_bayes 0
internal_networks 198.51.100.25 2001:db8:25::25
trusted_networks  198.51.100.25 2001:db8:25::25
`
)

// configureSpamAssassin writes SpamAssassin's configuration.
func configureSpamAssassin(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("spamassassin"); err != nil {
		skip(t, "no spamassassin")
	}
	write(t, saRules+"/spf.cf", saRulesText, 0o644)
	write(t, saSite+"/spf.pre", "loadplugin Mail::SpamAssassin::Plugin::Check\nloadplugin Mail::SpamAssassin::Plugin::SPF\n", 0o644)
	write(t, saSite+"/local.cf", saSiteText, 0o644)
}

var saHits = regexp.MustCompile(`(?m)^X-Spam-Rules: (.*)`)

// spamAssassin passes a message to SpamAssassin. It returns the rules that hit and the
// debug output of the SPF plugin.
func spamAssassin(t *testing.T, message []byte) (hits []string, debug string) {
	t.Helper()
	cmd := exec.Command("spamassassin", "-D", "spf", "-x", "-C", saRules, "--siteconfigpath="+saSite, "-p", "/dev/null")
	cmd.Stdin = strings.NewReader(string(message))
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("spamassassin: %v\n%s", err, &stderr)
	}
	m := saHits.FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("spamassassin added no X-Spam-Rules:\n%s\n%s", &out, &stderr)
	}
	return strings.Split(m[1], ","), stderr.String()
}

// SpamAssassin takes the result of MAIL FROM from our header field, of either kind,
// and does not query the sender's domain. It ignores fields that the client sent.
func TestSpamAssassin(t *testing.T) {
	const (
		forgedSPF = "Received-SPF: Pass (mx.test: authorized) identity=mailfrom; client-ip=192.0.2.1; envelope-from=a@softfail.test\r\n"
		forgedAR  = "Authentication-Results: mx.test; spf=pass smtp.mailfrom=a@softfail.test\r\n"
	)
	for _, kind := range []struct{ headerType, field string }{
		{headerType: "SPF", field: "Received-SPF"},
		{headerType: "AR", field: "Authentication-Results"},
		{headerType: "None"},
	} {
		t.Run(kind.headerType, func(t *testing.T) {
			configureSpamAssassin(t)
			configure(t, "Header_Type = "+kind.headerType, "Authserv_Id = mx.test", "Mail_From_reject = False", "HELO_reject = False")
			h := startHost(t)
			for _, test := range []struct{ name, client, sender, domain, headers, rule string }{
				{name: "pass", client: "192.0.2.1", sender: "a@pass.test", domain: "pass.test", rule: "SPF_PASS"},
				{name: "pass over IPv6", client: "2001:db8::1", sender: "a@pass.test", domain: "pass.test", rule: "SPF_PASS"},
				{name: "fail", client: "192.0.2.1", sender: "a@fail.test", domain: "fail.test", rule: "SPF_FAIL"},
				{name: "softfail", client: "192.0.2.1", sender: "a@softfail.test", domain: "softfail.test", rule: "SPF_SOFTFAIL"},
				{name: "neutral", client: "192.0.2.1", sender: "a@neutral.test", domain: "neutral.test", rule: "SPF_NEUTRAL"},
				{name: "none", client: "192.0.2.1", sender: "a@none.test", domain: "none.test", rule: "SPF_NONE"},
				{name: "permerror", client: "192.0.2.1", sender: "a@permerror.test", domain: "permerror.test", rule: "SPF_PERMERROR"},
				{name: "temperror", client: "192.0.2.1", sender: "a@temperror.test", domain: "temperror.test", rule: "SPF_TEMPERROR"},
				{name: "quoted sender", client: "192.0.2.1", sender: `"a; b=c"@softfail.test`, domain: "softfail.test", rule: "SPF_SOFTFAIL"},
				{name: "forged Received-SPF", client: "192.0.2.1", sender: "a@softfail.test", domain: "softfail.test", headers: forgedSPF, rule: "SPF_SOFTFAIL"},
				{name: "forged Authentication-Results", client: "192.0.2.1", sender: "a@softfail.test", domain: "softfail.test", headers: forgedAR, rule: "SPF_SOFTFAIL"},
			} {
				t.Run(test.name, func(t *testing.T) {
					c := connect(t, test.client, "client.test")
					id := c.send(message{sender: test.sender, from: "a@pass.test", headers: test.headers})
					queries := h.nameServer.queryCount(test.domain)
					hits, debug := spamAssassin(t, h.deliveredText(t, id)[0])
					if !slices.Equal(hits, []string{test.rule}) {
						t.Errorf("the rules %q hit, want %s", hits, test.rule)
					}
					queries = h.nameServer.queryCount(test.domain) - queries
					reused := strings.Contains(debug, "re-using mfrom result from "+kind.field+" header: ")
					if kind.field != "" && (queries != 0 || !reused) {
						t.Errorf("%d queries for %s, want 0, and the result reused\n%s", queries, test.domain, debug)
					}
					if kind.field == "" && queries == 0 {
						t.Errorf("no query for %s, although there is no field of ours\n%s", test.domain, debug)
					}
					if t.Failed() {
						t.Logf("the output of SpamAssassin:\n%s", debug)
					}
				})
			}
			h.log.checkNoProblems(t)
		})
	}
}
