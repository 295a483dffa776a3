package conf

// Kind is the type of an option's value.
type Kind uint8

// The kinds of values.
const (
	Number      Kind = iota // a whole number, perhaps negative
	Enum                    // one of a few words; another word is not an error
	Bool                    // false if empty, or False, No or 0 in any case; otherwise true
	Text                    // any text
	Address                 // an IP address
	List                    // entries separated by commas
	NetworkList             // a list of networks
	URL                     // text with the fields {0} to {3}
	Table                   // a type and a path, separated by a comma
)

// Option describes an option of policyd-spf.conf(5).
type Option struct {
	Name     string
	Kind     Kind
	Default  string   // as a file would set it; empty if the option is unset by default
	Values   []string // the values of an Enum, compared exactly
	Fallback string   // the effect of another value
	Help     string   // one line for people

	PerUser        string // the name in a per-user file; empty if it is not valid there
	PerUserIgnored bool   // has no effect in a per-user file
	Ignored        bool   // has no effect anywhere: an option of the spf-engine milter

	set func(s *Settings, value string) // nil if Ignored
}

// configName and perUserName return the names of an option in the two files.
func configName(o *Option) string  { return o.Name }
func perUserName(o *Option) string { return o.PerUser }

// find returns the option for which nameOf returns name. Scanning so few options is
// faster than building a map.
func find(options []Option, nameOf func(*Option) string, name string) (*Option, bool) {
	for i := range options {
		if o := &options[i]; nameOf(o) == name && name != "" {
			return o, true
		}
	}
	return nil, false
}

// apply sets the option in s to a valid value.
func (o *Option) apply(s *Settings, value string) {
	if o.set != nil {
		o.set(s, value)
	}
}

// valid reports whether a file can set the option to value. A wrong value of
// another kind is set, and has the effect that the option's page describes.
func (o *Option) valid(value string) bool {
	switch o.Kind {
	case Number:
		_, err := parseNumber(value)
		return err == nil
	case URL:
		_, err := ParseReasonURL(value)
		return err == nil
	}
	return true
}

// expected describes the valid values of an option that has invalid ones.
func (o *Option) expected() string {
	if o.Kind == Number {
		return "a whole number"
	}
	return "text with the fields {0} to {3}"
}

// noun returns the word for the option's value in the log.
func (o *Option) noun() string {
	if o.Kind == Number {
		return "number"
	}
	return "value"
}
