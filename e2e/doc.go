// Package e2e runs policyd-spf behind a real Postfix. The tests send mail over SMTP
// from chosen addresses and check what an administrator sees: SMTP replies,
// delivered mail and the mail log. `make e2e` runs them, as root.
//
// The tests do not change the machine. They run in a sandbox: private namespaces for
// network, processes, mounts and host name, and an overlay of the root file system
// that keeps changes in memory.
//
//	sandbox_test.go     the sandbox, and what is missing where it cannot be made
//	nameserver_test.go  a name server: testdata/test.zone, and faults
//	postfix_test.go     Postfix with testdata/main.cf and testdata/master.cf
//	smtp_test.go        an SMTP client that sends any line
//	hosts_test.go       more hosts, Unbound, and the name server of the internet
//	maillog_test.go     /dev/log
//	mailbox_test.go     delivered mail
//
// The scenarios:
//
//	results_test.go      every result, with its reply and header
//	sessions_test.go     many recipients, messages and connections, and their processes
//	faults_test.go       faults, and that no mail is lost or passes unchecked
//	hostile_test.go      hostile values, and that headers keep their structure
//	opendmarc_test.go    OpenDMARC reads our headers; docs/dmarc.md
//	spamassassin_test.go SpamAssassin reads our headers
//	authres_test.go      python3-authres reads our headers
//	upgrade_test.go      a new binary and a new configuration while mail flows
//	install_test.go      the README's ways of installing
//	interpreter_test.go  Python in argv
//	transcripts_test.go  replies and log lines of this program and of Debian's
//	package_test.go      the packages, also over the one that they replace
//	peers_test.go        the logs of other policy servers, read by maillog
//	whatif_test.go       a what-if of spf-engine's log is what it then refuses
//	logtools_test.go     munin, fail2ban, logwatch and logcheck read the mail log
//	prometheus_test.go   promtool reads the gauges of --prometheus
//	whypage_test.go      nginx and Apache serve the page of Reason_URL
//	goinglive_test.go    docs/going-live.md
//	howto_test.go        docs/ja/howto.md
//	hardening_test.go    docs/hardening.md: chroot, another port, IPv6 only
//	symptoms_test.go     docs/troubleshooting.md: the log lines
//	readme_test.go       the README's lines for Postfix
//	fleet_test.go        several hosts and one resolver (`make fleet`)
//	resolver_test.go     a resolver that is down, and its options
//	checkconfig_test.go  what --check-config says about a real Postfix
//	dnsmasq_test.go      dnsmasq, which forwards few queries at a time
package e2e
