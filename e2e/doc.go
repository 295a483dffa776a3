// Package e2e runs policyd-spf behind a real Postfix: mail goes in over SMTP
// from addresses of choice, the name server is one of our own, and what is
// looked at is what an administrator would see: SMTP replies, delivered mail and
// the mail log. `make e2e` runs it, as root.
//
// Nothing of it touches the machine. The tests run in a room of their own
// (room_test.go): private namespaces for network, processes, mounts and host
// name, and a root file system whose changes are kept in memory and forgotten.
//
//	room_test.go      the namespaces, and what is missing where they cannot be had
//	names_test.go     the name server: testdata/test.zone, and its faults
//	postfix_test.go   Postfix, as testdata/main.cf and testdata/master.cf say
//	smtp_test.go      an SMTP client that says just what it is told
//	machines_test.go  more hosts, Unbound, and the world they ask
//	maillog_test.go   /dev/log
//	mailbox_test.go   delivered mail
//
// The scenarios:
//
//	results_test.go   every result, and the replies and headers that it makes
//	sessions_test.go  many recipients, messages, connections; which process served
//	faults_test.go    what breaks, and that no mail gets lost or through unchecked
//	hostile_test.go   what a client can say, and that headers stay whole
//	interop_test.go   OpenDMARC and python3-authres read our headers
//	spamassassin_test.go  SpamAssassin does, too
//	upgrade_test.go   binary and configuration replaced under way
//	install_test.go   every way of installing, as the README says
//	interpreter_test.go  Python in argv
//	debian_test.go    what this program and Debian's answer and log
//	package_test.go   the packages; the Debian one over the one that it replaces
//	peers_test.go     the logs of the other policy servers, and what maillog reads in them
//	logtools_test.go  munin, fail2ban, logwatch and logcheck read the mail log
//	whypage_test.go   nginx and Apache serve the page that Reason_URL points to
//	howto_test.go     docs/ja/howto.md, from headers only to rejection
//	hardening_test.go docs/hardening.md: chroot, another port, IPv6 only
//	symptoms_test.go  the log lines of docs/troubleshooting.md
//	checkconfig_test.go  what --check-config says of a real Postfix
//	readme_test.go    Postfix is set up as the README says
//	fleet_test.go     several hosts and one resolver (`make fleet`)
//	resolver_test.go  a resolver that is down, and its options
package e2e
