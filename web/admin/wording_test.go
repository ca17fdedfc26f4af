package admin

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/wording"
)

// asWritten are the words that a text in Chinese or Arabic quotes as they are written elsewhere: names of
// programs, what stands on the pages of Slack and Telegram, and what somebody types into a file or field.
var asWritten = []string{
	"Basic Information", "App-Level Tokens", "App-Level Token", "OAuth & Permissions", "Bot User OAuth Token", "Install App", "Install to Workspace",
	"Generate", "Allow", "Next", "Create", "Enable", "Socket Mode", "connections:write", "xoxb-", "xapp-", "AAF-xyz", "@BotFather", "BotFather",
	"PUBLIC_URL", "https://care.example.com", "https://", "https", "aftercare admin reset-password", "aftercare admin link", "main-street", "front-desk", "Asia/Shanghai",
	"SurveyJS", "Formbricks", "Typeform", "LimeSurvey", "Qualtrics", "RapidPro", "XLSForm", ".xlsx", ".xls", ".lss", ".qsf", "en, zh-Hans", "en 或 zh-Hans", "today-30d", "today",
	"“flow:”", "“where”", "where", "survey", "question", "options", "normal", "type", "name", "label", "key",
	"WhatsApp", "Google Authenticator", "Aegis", "2FAS", "Postgres", "Excel", "Letter", "Standard Webhooks", "Webhook",
	"body.order.number", "header.x-shop-topic", "“from”", "“else”", "shop", "whsec_", "base64",
	"telegram:", "slack:", "API", "MCP", "CSV", "XLSX", "JSON", "YAML", "CRM", "CNY", "UTC", "MB", "KB",
}

// TestEveryWordOfTheAdminKeepsItsLanguage reads every text of these pages: full-width marks and 您 in Chinese,
// Arabic marks in Arabic, no word of another language but those that are written alike everywhere.
func TestEveryWordOfTheAdminKeepsItsLanguage(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{\d+\}`)
	other := regexp.MustCompile(`\{[^}]*\}`)
	named := regexp.MustCompile(`\{[a-z]+_?[a-z_]{2,}\}`)
	quoted := map[string]bool{}
	texts := 0
	for lang, of := range tongues() {
		for key, text := range of.by {
			texts++
			bare := hole.ReplaceAllString(text, "{n}")
			for _, p := range other.FindAllString(bare, -1) {
				if p != "{n}" && !slices.Contains(wording.Placeholders(tongues()[fallback].by[key]), p) {
					t.Errorf("%s %s has the placeholder %s, which nothing fills", lang, key, p)
				}
			}
			bare = named.ReplaceAllString(bare, "{who}")
			if lang == "zh-Hans" || lang == "ar" {
				for _, w := range asWritten {
					if strings.Contains(bare, w) {
						quoted[w] = true
						bare = strings.ReplaceAll(bare, w, "9")
					}
				}
			}
			for _, fault := range wording.Faults(lang, bare) {
				t.Errorf("%s %s, %q: %s", lang, key, text, fault)
			}
		}
	}
	if texts < 2*len(tongues()[fallback].by) {
		t.Errorf("only %d texts were read", texts)
	}
	for _, w := range asWritten {
		if !quoted[w] {
			t.Errorf("no text quotes %q", w)
		}
	}
}
