package wording

import "testing"

func TestFaultsAreFound(t *testing.T) {
	for _, row := range []struct {
		language, text string
		wrong          bool
	}{
		{"en", "How was it?", false},
		{"en", " ", true},
		{"zh-Hans", "您对{service_name}是否满意？", false},
		{"zh-Hans", "您对{service_name}是否满意?", true},
		{"zh-Hans", "谢谢,我们会处理。", true},
		{"zh-Hans", "{who},您好", true},
		{"zh-Hans", "（截至目前)", true},
		{"zh-Hans", "请稍候…", true},
		{"zh-Hans", "请稍候……", false},
		{"zh-Hans", "最晚 9:00 前接手", false},
		{"zh-Hans", "你好", true},
		{"zh-Hans", "请 tap 按钮", true},
		{"zh-Hans", "发送 /help 查看", false},
		{"zh-Hans", "我们的团队 会联系您", true},
		{"es", "¿Qué tal fue?", false},
		{"es", "Qué tal fue?", true},
		{"es", "Please escriba aquí.", true},
		{"es", "Toca el botón.", true},
		{"es", "Pulse “Listo”.", true},
		{"ar", "كيف كان؟", false},
		{"ar", "كيف كان?", true},
		{"ar", "اضغط Done من فضلك", true},
	} {
		if got := Faults(row.language, row.text); (len(got) > 0) != row.wrong {
			t.Errorf("%s %q: %v", row.language, row.text, got)
		}
	}
	for _, row := range []struct {
		scale, language, text string
		want                  bool
	}{
		{"csat5", "en", "How satisfied were you?", false},
		{"csat5", "en", "How satisfied or dissatisfied were you?", true},
		{"csat5", "zh-Hans", "您满意吗？", false},
		{"ces7", "es", "¿Qué tan fácil fue?", false},
		{"quality7", "en", "How good was it?", true},
	} {
		if got := Balanced(row.scale, row.language, row.text); got != row.want {
			t.Errorf("%s %q: balanced %v", row.scale, row.text, got)
		}
	}
}
