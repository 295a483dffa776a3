// Package postfix reads the part of Postfix's configuration that concerns policy
// servers. It reads through postconf(1), which knows the syntax, the defaults and
// the order in which files override each other.
//
//	postconf.go  runs postconf(1)
//	config.go    Config: the parameters, and the smtpd(8) services that use them
//	master.go    Service: an entry of master.cf
//	policy.go    PolicyService: what follows check_policy_service
//	source.go    the lines of main.cf and master.cf
//	restriction.go  the restrictions of smtpd(8)
//	syntax.go    lists, times and lines of parameters
package postfix
