package postfix

import "testing"

func TestRestriction(t *testing.T) {
	for _, test := range []struct {
		name     string
		argument Argument
		known    bool
	}{
		{name: "permit_mynetworks", known: true},
		{name: "PERMIT_MyNetworks", known: true},
		{name: "permit_my_networks"},
		{name: "check_policy_service", argument: ServiceArgument, known: true},
		{name: "sleep", argument: NumberArgument, known: true},
		{name: "reject_rhsbl_reverse_client", argument: DomainArgument, known: true},
		{name: "check_client_access", argument: TableArgument, known: true},
		{name: "check_reverse_client_hostname_mx_access", argument: TableArgument, known: true},
		{name: "check_sender_ns_access", argument: TableArgument, known: true},
		{name: "check_sasl_access", argument: TableArgument, known: true},
		{name: "check_sasl_ns_access"},
		{name: "check_access"},
		{name: "client_access"},
		{name: ""},
	} {
		if argument, known := Restriction(test.name); argument != test.argument || known != test.known {
			t.Errorf("%q: %v, %v, want %v, %v", test.name, argument, known, test.argument, test.known)
		}
	}
}
