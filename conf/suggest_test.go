package conf

import "testing"

func TestSuggestName(t *testing.T) {
	for _, test := range []struct {
		name   string
		nameOf func(*Option) string
		want   string
	}{
		{name: "", nameOf: configName, want: ""},
		{name: "HELO_reject", nameOf: configName, want: ""},
		{name: "helo_reject", nameOf: configName, want: "HELO_reject"},
		{name: "H_E-L O_r_e_j_e_c_t", nameOf: configName, want: "HELO_reject"},
		{name: "H__E__L__O__r__e__j__e__c__t", nameOf: configName, want: "HELO_reject"},
		{name: "Authserv_Id", nameOf: perUserName, want: "Authserv-Id"},
		{name: "Per_User", nameOf: perUserName, want: ""},
		{name: "_", nameOf: perUserName, want: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := suggestName(test.name, test.nameOf); got != test.want {
				t.Errorf("suggestName(%q) = %q, want %q", test.name, got, test.want)
			}
		})
	}
}
