package explain

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"policyd-spf/spf/lint"
)

// TestNamesAreDocumented: docs/json.md has every name in JSON, and every kind of
// finding.
func TestNamesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	seen := make(map[reflect.Type]bool)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		seen[typ] = true
		for field := range typ.NumField() {
			f := typ.Field(field)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				names[name] = true
			} else if f.IsExported() && !f.Anonymous {
				t.Errorf("%s.%s has no name", typ, f.Name)
			}
			if f.IsExported() {
				walk(f.Type)
			}
		}
	}
	for _, document := range []any{Report{}, Audit{}, AuditError{}, Address{}, Comparison{}, ShownConfig{}} {
		walk(reflect.TypeOf(document))
	}
	for kind := lint.NoRecord; kind <= lint.Truncated; kind++ {
		names[kind.String()] = true
	}
	var missing []string
	for name := range names {
		if !strings.Contains(string(text), "`"+name+"`") {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if len(names) < 50 || len(missing) > 0 {
		t.Errorf("of %d names docs/json.md has not %q", len(names), missing)
	}
}
