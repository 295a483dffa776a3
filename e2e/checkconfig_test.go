package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestCheckConfig_postfix: --check-config finds each mistake in the files of a real
// Postfix, as its own postconf(1) reads them, and nothing in files without one.
func TestCheckConfig_postfix(t *testing.T) {
	const folder = "/etc/postfix-check"
	for _, test := range []struct {
		name, old, new string // in master.cf or main.cf
		want           string // "" if nothing is wrong
	}{
		{name: "nothing"},
		{name: "line that is not indented", old: "\n    user=nobody", new: "\nuser=nobody", want: "bad field count"},
		{name: "unknown type", old: "policy-spf unix ", new: "policy-spf unx  ", want: "invalid type field"},
		{name: "unclosed brace in main.cf", old: "{ unix:private/policy-spf, default_action=DUNNO }", new: "unix:private/policy-spf, $(x", want: "Postfix: problem"},
		{name: "no such user", old: "user=nobody", new: "user=policyd", want: "there is no user policyd"},
		{name: "no such program", old: "argv=" + binary, new: "argv=/usr/lib/policyd-spf", want: "/usr/lib/policyd-spf does not exist"},
		{name: "no unix:", old: "unix:private/policy-spf", new: "private/policy-spf", want: "no unix: or inet: before the address"},
		{name: "public", old: "policy-spf unix  -", new: "policy-spf unix  n", want: "puts the socket of policy-spf into public"},
		{name: "permit before it", old: "check_policy_service", new: "permit, check_policy_service", want: "never reached, because permit before it ends the list"},
		{name: "override with braces and $name", old: "-     smtpd", new: "-     smtpd\n  -o { smtpd_recipient_restrictions = $mynetworks_style, permit_mynetworks, reject }", want: "mail is not checked here"},
		{name: "override of a parameter that the list names", old: "-     smtpd", new: "-     smtpd\n  -o mynetworks=192.0.2.0/24\n  -o smtpd_recipient_restrictions=reject_unauth_destination,$smtpd_etrn_restrictions,check_policy_service,unix:private/policy-spf",
			want: "nothing before it permits mynetworks, which has 192.0.2.0/24"},
		{name: "submission", old: "pickup     unix", new: "submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\npickup     unix", want: "own users that connect to submission are checked"},
		{name: "timeout", old: "default_action=DUNNO", new: "timeout=10s", want: "an answer may take 40 s"},
		{name: "conditional expansion", old: "check_policy_service {", new: "${nothing?{dunno}:{check_policy_service}} {"},
		{name: "inline table before it", old: "check_policy_service {", new: "check_client_access inline:{ {192.0.2.1 = OK} }, check_policy_service {"},
		{name: "comments within the list", old: "check_policy_service {", new: "\n# comment\n\n    check_policy_service {"},
		{name: "misspelt restriction", old: "check_policy_service {", new: "reject_unlisted_recipients, check_policy_service {", want: "expected: reject_unlisted_recipient"},
		{name: "-o with a space in its value", old: "-     smtpd", new: "-     smtpd\n  -o smtpd_helo_restrictions=permit_mynetworks, reject", want: "not an option, but perhaps the rest of the value before it"},
		{name: "no argv=", old: "argv=", new: "", want: "no program directly after argv="},
		{name: "not a number", old: "default_action=DUNNO", new: "try_limit=0", want: "is not a number of at least 1"},
		{name: "chroot", old: "policy-spf unix  -  n  n", new: "policy-spf unix  -  n  y", want: "which lacks " + binary},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.old != "" && !strings.Contains(mainCF+masterCF, test.old) {
				t.Fatalf("%q is not there to be replaced", test.old)
			}
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, folder+"/main.cf", strings.Replace(mainCF, test.old, test.new, 1), 0o644)
			write(t, folder+"/master.cf", strings.Replace(masterCF, test.old, test.new, 1), 0o644)
			write(t, configFile, "Reason_URL =\n", 0o644)
			cmd := exec.Command(binary, "--check-config", "--zone", "/dev/null")
			cmd.Env = append(os.Environ(), "MAIL_CONFIG="+folder, "COLUMNS=120")
			out, err := cmd.CombinedOutput()
			text := strings.Join(strings.Fields(string(out)), " ") // lines are wrapped
			switch {
			case test.want == "" && (err != nil || !strings.Contains(text, "Configuration: "+configFile+", of policy-spf") || !strings.HasSuffix(text, " 0 problems, 0 hints")):
				t.Errorf("%v, %s", err, out)
			case test.want != "" && (err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, test.want)):
				t.Errorf("%v, want %q in\n%s", err, test.want, out)
			}
		})
	}
}
