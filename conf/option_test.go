package conf

import (
	"slices"
	"testing"
)

func TestOptions(t *testing.T) {
	names, perUser := map[string]bool{}, map[string]bool{}
	for _, o := range Options() {
		t.Run(o.Name, func(t *testing.T) {
			if names[o.Name] || o.PerUser != "" && perUser[o.PerUser] {
				t.Error("two options have this name")
			}
			names[o.Name], perUser[o.PerUser] = true, true
			if o.Default != "" && !o.valid(o.Default) {
				t.Errorf("bad default %q", o.Default)
			}
			if o.Kind == Enum && (!slices.Contains(o.Values, o.Default) || o.Fallback == "") {
				t.Errorf("default %q, values %q, fallback %q", o.Default, o.Values, o.Fallback)
			}
			if o.Help == "" {
				t.Error("no help")
			}
			if o.Ignored != (o.set == nil) {
				t.Error("only ignored options set nothing")
			}
			if o.Default != "" && len(o.check(o.Default)) > 0 {
				t.Errorf("problems with the default: %v", o.check(o.Default))
			}
		})
	}
}
