// Package conf reads policyd-spf.conf(5) and policyd-spf.peruser(5), the two
// configuration files of policyd-spf, by the rules of pypolicyd-spf 2.0.2.
//
//	file.go            Load: the configuration file, line by line
//	peruser.go         PerUser: the per-user file, read again when it changes
//	usertable.go       the index of its users
//	shadow.go          the file of Shadow_Config
//	fileversion.go     whether a file has changed; changetime_linux.go,
//	                   changetime_freebsd.go
//	readfile.go        reading a file of limited size
//	diagnostic.go      what is wrong with a line, for the log and for people
//	settings.go        Settings: the values of all options
//	option.go          Option: the description of an option
//	optiontable.go     the table of all options
//	values.go          numbers, booleans and lists
//	networks.go        Networks: skip_addresses and Whitelist
//	reason.go          ReasonTemplate: Reason_Message and Reason_URL
//	text.go            UTF-8, white space, line ends and comments
//	check.go           Problem and Check: --check-config
//	checkoption.go     problems of single options
//	crosscheck.go      problems of options that contradict each other
//	effect.go          options that have no effect because of others
//	checkperuser.go    problems of the per-user file
//	suggest.go         the name that a misspelled one resembles
package conf
