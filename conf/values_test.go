package conf

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
	}{
		{in: "0", want: 0}, {in: "20", want: 20}, {in: "-1", want: -1}, {in: "+5", want: 5}, {in: "-0", want: 0}, {in: "007", want: 7},
		{in: "1_000", want: 1000}, {in: "0_0_7", want: 7}, {in: " 12\t", want: 12}, {in: "\x1c7\u3000", want: 7},
		{in: "2147483647", want: 1<<31 - 1}, {in: "2147483648", want: 1<<31 - 1}, {in: "-99999999999999999999999", want: -(1<<31 - 1)},
	} {
		t.Run(test.in, func(t *testing.T) {
			if got, err := parseNumber(test.in); err != nil || got != test.want {
				t.Errorf("parseNumber(%q) = %d, %v, want %d", test.in, got, err, test.want)
			}
		})
	}
	for _, bad := range []string{"", " ", "ten", "_1", "1_", "1__0", "+_1", "+", "-", "+-1", "1 0", "+ 1", "1.0", "0x10", "1e3", "1\x00"} {
		t.Run("bad "+bad, func(t *testing.T) {
			if got, err := parseNumber(bad); err == nil {
				t.Errorf("parseNumber(%q) = %d, want an error", bad, got)
			}
		})
	}
}

// FuzzParseNumber compares parseNumber with arbitrary precision.
func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1", "+5", "1_000", "_1", "1__0", " 7 ", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parseNumber(in)
		digits := TrimSpace(in)
		valid := !strings.HasPrefix(strings.TrimLeft(digits, "+-"), "_") && !strings.HasSuffix(digits, "_") &&
			!strings.Contains(digits, "__") && strings.Trim(digits, "+-0123456789_") == ""
		want, ok := new(big.Int).SetString(strings.ReplaceAll(digits, "_", ""), 10)
		if valid = valid && ok; valid != (err == nil) {
			t.Fatalf("parseNumber(%q) = %d, %v", in, got, err)
		}
		limit := big.NewInt(maxNumber)
		if valid && want.CmpAbs(limit) > 0 {
			want = limit.Mul(limit, big.NewInt(int64(want.Sign())))
		}
		if valid && want.Cmp(big.NewInt(int64(got))) != 0 {
			t.Errorf("parseNumber(%q) = %d, want %d", in, got, want)
		}
	})
}

func TestParseBool(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, "False": false, "false": false, "NO": false, "no": false, "0": false,
		"True": true, "yes": true, "1": true, "00": true, "off": true, "-": true,
	} {
		t.Run(fmt.Sprintf("%q", in), func(t *testing.T) {
			if got := parseBool(in); got != want {
				t.Errorf("parseBool(%q) = %v", in, got)
			}
		})
	}
}

func TestParseList(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []string
	}{
		{in: ""}, {in: " , ,", want: nil}, {in: "a", want: []string{"a"}}, {in: "a,b", want: []string{"a", "b"}},
		{in: " a , b,", want: []string{"a", "b"}}, {in: ",A b\x1f", want: []string{"A b"}},
	} {
		t.Run(test.in, func(t *testing.T) {
			if got := parseList(test.in); !slices.Equal(got, test.want) || (got == nil) != (test.want == nil) {
				t.Errorf("parseList(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}
