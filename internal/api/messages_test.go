package api

import (
	"regexp"
	"strings"
	"testing"
)

// Every language has every text, none empty, with the same arguments in the same order.
func TestDictionariesAgree(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%[a-z%]`)
	texts := newDictionaries()
	for name, want := range texts[english] {
		for lang := range texts {
			got, ok := texts[lang][name]
			if !ok || strings.TrimSpace(got) == "" {
				t.Errorf("language %d lacks %q", lang, name)
			}
			w, g := strings.Join(verbs.FindAllString(want, -1), " "), strings.Join(verbs.FindAllString(got, -1), " ")
			if w != g {
				t.Errorf("%q takes %s in English and %s in language %d", name, w, g, lang)
			}
		}
	}
	for lang := range texts {
		if len(texts[lang]) != len(texts[english]) {
			t.Errorf("language %d has %d texts, English %d", lang, len(texts[lang]), len(texts[english]))
		}
	}
}

func TestEveryKindIsExplained(t *testing.T) {
	t.Parallel()
	texts := newDictionaries()
	seen := map[kind]bool{}
	for _, k := range kinds() {
		if seen[k] {
			t.Errorf("%s is listed twice", k)
		}
		seen[k] = true
		if k.status() < 400 || k.status() == 500 && k != internalError && k != damagedStore {
			t.Errorf("%s has the status %d", k, k.status())
		}
		for _, name := range []text{k.title(), k.detail(), k.advice()} {
			for lang := range texts {
				if said := texts.say(language(lang), name); said == "" || strings.Contains(said, "%!") {
					t.Errorf("%q in language %d = %q", name, lang, said)
				}
			}
		}
	}
}

func TestParseLanguage(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]language{
		"":                         english,
		"pt":                       portuguese,
		"PT-br":                    portuguese,
		"pt-BR,pt;q=0.9,en;q=0.8":  portuguese,
		"en,pt":                    english,
		"pt,en":                    portuguese,
		"en;q=0.5,pt;q=0.6":        portuguese,
		"fr,de;q=0.9,pt;q=0.1":     portuguese,
		"fr":                       english,
		"*":                        english,
		"pt;q=0":                   english,
		"pt;q=2":                   english,
		"pt;q=x":                   english,
		"pt;q=NaN":                 english,
		"pt;level=1":               english,
		"ptx":                      english,
		" pt ; q=1 ":               portuguese,
		",,;,pt":                   portuguese,
		"en;q=0.1, *;q=0.2, pt":    portuguese,
		"pt-PT;q=0.7,pt-BR;q=0.3,": portuguese,
	} {
		if got := parseLanguage(accept); got != want {
			t.Errorf("parseLanguage(%q) = %v, want %v", accept, got, want)
		}
	}
}

func FuzzParseLanguage(f *testing.F) {
	for _, seed := range []string{"", "pt", "pt-BR,pt;q=0.9,en;q=0.8", "*;q=0", ";;q=,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if got := parseLanguage(accept); got >= languageCount {
			t.Errorf("parseLanguage(%q) = %d", accept, got)
		}
	})
}
