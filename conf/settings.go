package conf

// Settings are the values of all options of policyd-spf.conf(5). It is a plain
// value: a request with settings of its own works on a copy.
type Settings struct {
	DebugLevel      int  // debugLevel
	TestOnly        int  // TestOnly; exactly 0 is test mode
	DefaultSeedOnly bool // defaultSeedOnly is in the file: its only effect is a warning

	HELOReject      string // HELO_reject, a word
	MailFromReject  string // Mail_From_reject, a word
	PermErrorReject bool   // PermError_reject is exactly "True"
	TempErrorDefer  bool   // TempError_Defer is exactly "True"
	NoMail          bool   // No_Mail is exactly "True"

	HELOPassRestriction     string // HELO_pass_restriction, "" is unset
	MailFromPassRestriction string // Mail_From_pass_restriction, "" is unset

	RejectNotPassDomains []string // Reject_Not_Pass_Domains, in lower case
	Prospective          string   // Prospective, "" is unset
	SkipAddresses        *Networks
	Whitelist            *Networks
	DomainWhitelist      []string
	HELOWhitelist        []string
	DomainWhitelistPTR   []string

	EnhancedStatusCodes bool   // SPF_Enhanced_Status_Codes is not exactly "No"
	HeaderType          string // Header_Type
	HideReceiver        bool   // Hide_Receiver is not exactly "No"
	AuthservID          string // Authserv_Id
	QueueID             bool   // QueueID

	LookupTime          int // Lookup_Time, seconds; 0: no limit; negative: no time at all
	WhitelistLookupTime int // Whitelist_Lookup_Time, seconds
	VoidLimit           int // Void_Limit

	ReasonMessage string // Reason_Message
	ReasonURL     string // Reason_URL, with {0} to {3}

	PerUser      string // Per_User: "type,path"
	Mock         bool   // Mock
	LookupsAhead bool   // Lookups_Ahead is not exactly "No"
}

// Default gives the settings of an empty file.
func Default() Settings {
	var s Settings
	for i := range options {
		if o := &options[i]; o.Default != "" {
			o.apply(&s, o.Default)
		}
	}
	return s
}
