package checkconfig

import "testing"

// TestProblems_none: set-ups that are unusual, and right.
func TestProblems_none(t *testing.T) {
	const check = "check_policy_service unix:private/policy-spf"
	for _, test := range []struct {
		name  string
		edits []edit
	}{
		{name: "by $name", edits: []edit{{check, "$spf"}, {"", "main:spf = " + check}}},
		{name: "capitals", edits: []edit{{"permit_mynetworks, reject", "Permit_MyNetworks, REJECT"}, {"check_policy_service", "CHECK_POLICY_SERVICE"}}},
		{name: "commas", edits: []edit{{check, ", ,, " + check + ","}}},
		{name: "comma before the address", edits: []edit{{check, "check_policy_service, unix:private/policy-spf"}}},
		{name: "local: transport", edits: []edit{{"unix:private", "local:private"}}},
		{name: "two slashes in the path", edits: []edit{{"private/policy-spf", "private//policy-spf"}}},
		{name: "braces without attributes", edits: []edit{{"unix:private/policy-spf", "{ unix:private/policy-spf }"}}},
		{name: "all attributes", edits: []edit{{"unix:private/policy-spf",
			"{ unix:private/policy-spf, { default_action = 451 4.3.5 Try later }, max_idle=300s, max_ttl=1000, policy_context=x, request_limit=0, retry_delay=1s, timeout=2m, try_limit=2 }"}}},
		{name: "all tables", edits: []edit{{check, "check_ccert_access hash:/a check_sasl_access hash:/b check_helo_mx_access cidr:/c check_reverse_client_hostname_a_access cidr:/d check_recipient_ns_access cidr:/e, " + check}}},
		{name: "table in braces", edits: []edit{{check, "check_client_access { hash:/a, timeout=1s }, check_sender_access inline:{ {a@example.com = OK} }, check_recipient_access pcre:{ {/^a/ OK} }, " + check}}},
		{name: "table in its oldest form", edits: []edit{{check, "hash:/etc/postfix/access, " + check}}},
		{name: "DNS lists", edits: []edit{{check, "permit_dnswl_client list.dnswl.example=127.0.[0..255].[1..3], reject_rbl_client zen.example=127.0.0.[2..11], reject_rhsbl_reverse_client dbl.example, " + check}}},
		{name: "a table that permits nothing", edits: []edit{{check, "check_client_access static:DUNNO, " + check}}},
		{name: "permit after it", edits: []edit{{check, check + ", permit"}}},
		{name: "reject after it", edits: []edit{{check, check + ", reject"}}},
		{name: "nested classes", edits: []edit{{check, "a"}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = a, b"}, {"", "main:a = b\nb = reject_unlisted_sender, " + check}}},
		{name: "required restriction in a class", edits: []edit{{"reject_unauth_destination, " + check, "ours, " + check}, {"smtpd_restriction_classes =", "smtpd_restriction_classes = ours"}, {"", "main:ours = reject_unauth_destination"}}},
		{name: "another policy server at the end of the message", edits: []edit{{"", "main:smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:12340"}}},
		{name: "relay restrictions only", edits: []edit{{"permit_mynetworks, reject_unauth_destination, " + check, ""}, {"defer_unauth_destination", "defer_unauth_destination, " + check}}},
		{name: "sender restrictions", edits: []edit{{", " + check, ""}, {"", "main:smtpd_sender_restrictions = permit_mynetworks, permit_sasl_authenticated, " + check}}},
		{name: "client restrictions, delayed", edits: []edit{{", " + check, ""}, {"smtpd_client_restrictions =", "smtpd_client_restrictions = permit_mynetworks, permit_sasl_authenticated, " + check}}},
		{name: "attribute names in capitals", edits: []edit{{"user=nobody argv=", "USER=nobody ARGV="}}},
		{name: "empty group", edits: []edit{{"user=nobody", "user=nobody:"}}},
		{name: "wakeup of 0", edits: []edit{{"n       n       -       0", "n       n       0       0"}}},
		{name: "time limit of a day", edits: []edit{{"3600s", "1d"}}},
		{name: "time limit of another service, too", edits: []edit{{"", "main:uucp_time_limit = 60s"}}},
		{name: "soft_bounce is off", edits: []edit{{"", "main:soft_bounce = no"}}},
		{name: "smtpd options", edits: []edit{{"       smtpd\n", "       smtpd -v -o soft_bounce=no -osmtpd_helo_required=yes\n"}}},
		{name: "postscreen and smtpd", edits: []edit{{"smtp       inet  n       -       y       -       -       smtpd", "smtp       inet  n       -       y       -       1       postscreen\nsmtpd      pass  -       -       y       -       -       smtpd"}}},
		{name: "postscreen and an smtpd of another name", edits: []edit{{"smtp       inet  n       -       y       -       -       smtpd", "smtp       inet  n       -       y       -       1       postscreen\nmx         pass  -       -       y       -       -       smtpd"}, {"", "main:smtpd_service_name = mx"}}},
		{name: "another service twice", edits: []edit{{"uucp ", "uucp       unix  -       n       n       -       -       pipe user=uucp argv=uux\nuucp "}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTree(t)
			tr.edit(t, test.edits)
			for _, line := range tr.problems(t) {
				t.Error(line)
			}
		})
	}
}
