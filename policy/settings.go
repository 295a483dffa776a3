package policy

import (
	"strings"

	"policyd-spf/conf"
)

// maxBadNetworks limits the log lines about bad entries of a list of networks.
const maxBadNetworks = 20

// headerNone is the value of Header_Type for no header.
const headerNone = "None"

// recipientSettings returns the settings in force for a recipient, and the recipient's
// entry in the per-user file, nil without Per_User.
func recipientSettings(users *conf.PerUser, global *conf.Settings, recipient string, log *Log) (*conf.Settings, *conf.UserSettings) {
	if users == nil {
		return global, nil
	}
	return userSettings(users, global, recipient, log)
}

// userSettings is recipientSettings with Per_User. The two are apart because this one
// has a large stack frame.
func userSettings(users *conf.PerUser, global *conf.Settings, recipient string, log *Log) (*conf.Settings, *conf.UserSettings) {
	log.Line(levelActions, Info, "Starting to process per-user settings")
	log.Line(levelActions, Info, "User data: ", global.PerUser)
	u := users.Lookup(recipient, *global)
	if u.File != "" {
		log.Line(levelInput, Info, `Reading per user data (type text) from:  "`, u.File, `"`)
		log.Line(levelInput, Info, `readUserConfigFile: Loading "`, u.File, `"`)
	}
	for _, d := range u.Diagnostics {
		log.Line(d.Level, priorityOf(d), d.Text)
	}
	for i, name := range u.Names {
		log.Line(levelTables, Info, `readUserConfigFile: Found entry "`, name, "=", u.Values[i], `" in per user settings`)
	}
	log.Line(levelInput, Info, `Per-user settings for "`, recipient, `": "`, strings.Join(u.Names, ", "), `"`)
	if !u.Found {
		return global, &u
	}
	log.Line(levelVerdicts, Info, "Per user configuration data in use for: ", recipient)
	if u.Settings.HeaderType != global.HeaderType {
		logBadHeaderType(log, u.Settings.HeaderType)
	}
	return &u.Settings, &u
}

// logBadSettings logs what is wrong with the settings of all recipients.
func logBadSettings(log *Log, s *conf.Settings) {
	logBadHeaderType(log, s.HeaderType)
	if wantsAuthResults(s.HeaderType) && s.AuthservID == "" {
		log.Line(levelErrors, Err, "Authserv_Id not set for authentication results header - invalid configuration.")
	}
	if _, _, err := s.Reason(); err != nil {
		logBadReason(log, s.ReasonMessage)
	}
	logBadNetworks(log, "skip_addresses", s.SkipAddresses)
	logBadNetworks(log, "Whitelist", s.Whitelist)
}

func logBadHeaderType(log *Log, value string) {
	if strings.Contains(value, "SPF") && strings.Contains(value, "AR") {
		log.Line(levelErrors, Err, "Header_Type includes both SPF and AR - invalid configuration.")
	}
}

func logBadReason(log *Log, value string) {
	log.Line(levelErrors, Err, `ERROR: bad Reason_Message "`, value, `"`)
}

func logBadNetworks(log *Log, option string, networks *conf.Networks) {
	for i, entry := range networks.Invalid() {
		if i == maxBadNetworks {
			log.Line(levelErrors, Info, "ERROR: more entries in ", option, " not IP network. Entries skipped.")
			break
		}
		log.Line(levelErrors, Info, "ERROR: ", entry, " in ", option, " not IP network. Entry skipped.")
	}
}

// wantsAuthResults reports whether a Header_Type asks for Authentication-Results.
func wantsAuthResults(headerType string) bool {
	return strings.Contains(headerType, "AR") && !strings.Contains(headerType, "SPF")
}
