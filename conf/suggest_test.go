package conf

import "testing"

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{a: "", b: "", want: 0},
		{a: "abc", b: "abc", want: 0},
		{a: "abc", b: "", want: 3},
		{a: "", b: "abc", want: 3},
		{a: "abc", b: "abd", want: 1},
		{a: "abc", b: "ab", want: 1},
		{a: "abc", b: "bc", want: 1},
		{a: "ab", b: "abc", want: 1},
		{a: "bc", b: "abc", want: 1},
		{a: "flaw", b: "lawn", want: 2},
		{a: "kitten", b: "sitting", want: 3},
	} {
		t.Run(test.a+"|"+test.b, func(t *testing.T) {
			if got := editDistance(test.a, test.b); got != test.want {
				t.Errorf("editDistance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
			}
		})
	}
}

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
