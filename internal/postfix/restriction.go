package postfix

import (
	"slices"
	"strings"
)

// Argument is what follows a restriction in a list.
type Argument uint8

// The kinds of arguments.
const (
	NoArgument      Argument = iota
	TableArgument            // TYPE:NAME
	DomainArgument           // of a DNS list
	NumberArgument           // seconds
	ServiceArgument          // TRANSPORT:ENDPOINT, as for check_policy_service
)

// Restriction returns the argument that a restriction of smtpd(8) takes. Known is
// false if Postfix 3.11 and older versions have no restriction of that name. Names
// are in any case.
func Restriction(name string) (argument Argument, known bool) {
	name = strings.ToLower(name)
	switch {
	case name == CheckPolicyService:
		return ServiceArgument, true
	case name == "sleep":
		return NumberArgument, true
	case slices.Contains(listRestrictions(), name):
		return DomainArgument, true
	case isTableRestriction(name):
		return TableArgument, true
	}
	return NoArgument, slices.Contains(plainRestrictions(), name)
}

// isTableRestriction reports whether a restriction looks something up in a table.
func isTableRestriction(name string) bool {
	subject, hasPrefix := strings.CutPrefix(name, "check_")
	subject, hasSuffix := strings.CutSuffix(subject, "_access")
	if !hasPrefix || !hasSuffix {
		return false
	}
	if slices.Contains([]string{"ccert", "etrn", "sasl"}, subject) {
		return true
	}
	for _, record := range []string{"_a", "_mx", "_ns"} { // of the name's host
		if host, ok := strings.CutSuffix(subject, record); ok {
			subject = host
			break
		}
	}
	return slices.Contains([]string{"client", "helo", "recipient", "reverse_client_hostname", "sender"}, subject)
}

// listRestrictions returns the restrictions that query a DNS list.
func listRestrictions() []string {
	return []string{
		"permit_dnswl_client", "permit_rhswl_client", "reject_rbl", "reject_rbl_client", "reject_rhsbl_client",
		"reject_rhsbl_helo", "reject_rhsbl_recipient", "reject_rhsbl_reverse_client", "reject_rhsbl_sender",
	}
}

// plainRestrictions returns the restrictions without an argument, those with an older
// name included.
func plainRestrictions() []string {
	return []string{
		"check_recipient_maps", "check_relay_domains", "defer", "defer_if_permit", "defer_if_reject", "defer_unauth_destination",
		"permit", "permit_auth_destination", "permit_inet_interfaces", "permit_mx_backup", "permit_mynetworks",
		"permit_naked_ip_address", "permit_sasl_authenticated", "permit_tls_all_clientcerts", "permit_tls_clientcerts",
		"reject", "reject_authenticated_sender_login_mismatch", "reject_invalid_helo_hostname", "reject_invalid_hostname",
		"reject_known_sender_login_mismatch", "reject_maps_rbl", "reject_multi_recipient_bounce",
		"reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname", "reject_non_fqdn_recipient", "reject_non_fqdn_sender",
		"reject_plaintext_session", "reject_sender_login_mismatch", "reject_unauth_destination", "reject_unauth_pipelining",
		"reject_unauthenticated_sender_login_mismatch", "reject_unknown_address", "reject_unknown_client",
		"reject_unknown_client_hostname", "reject_unknown_forward_client_hostname", "reject_unknown_helo_hostname",
		"reject_unknown_hostname", "reject_unknown_recipient_domain", "reject_unknown_reverse_client_hostname",
		"reject_unknown_sender_domain", "reject_unlisted_recipient", "reject_unlisted_sender", "reject_unverified_recipient",
		"reject_unverified_sender", "warn_if_reject",
	}
}

// Restrictions returns the names of all restrictions except those that look
// something up in a table.
func Restrictions() []string {
	return slices.Concat(plainRestrictions(), listRestrictions(), []string{CheckPolicyService, "sleep"})
}
