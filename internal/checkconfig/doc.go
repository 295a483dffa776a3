// Package checkconfig finds what is wrong with a configuration: with the files of
// policyd-spf, with the name servers, and on Postfix's side. It reads and decides
// nothing itself: files are read by conf, Postfix's by internal/postfix, and what
// happens to mail is what policy.Decide says.
//
//	checkconfig.go   Run, and the Report that it returns
//	config.go        the configurations to check
//	nameserver.go    resolv.conf and the name servers in it
//	entry.go         the entries of master.cf
//	service.go       those that run this program; timelimit.go, for how long
//	interpreter.go   an interpreter before it
//	files.go         what the service's user can read and execute
//	access.go        rights by owner, group and mode; account.go, users, groups and SELinux
//	restrictions.go  the lists of main.cf that name the services
//	ownusers.go      mail from one's own users; timeout.go, how long smtpd waits
//	route.go         the way of a message through such a list
//	address.go       the address of a policy service; attributes.go, its attributes
//	unused.go        services that no list uses
//	action.go        options with an action of access(5) or a restriction class
//	dmarc.go         the Milter that Leave_DMARC needs
//	mail.go          what happens to mail, for each result
//	text.go          the report as text
package checkconfig
