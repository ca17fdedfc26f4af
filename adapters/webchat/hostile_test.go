package webchat

import "strings"

// hostile is what people and machines write to break pages.
var hostile = []string{
	`<script>document.title="hacked"</script>`,
	`"><img src=x onerror="document.title='hacked'">`,
	`'><svg/onload=window.hacked=1>`,
	`</textarea><iframe src="javascript:alert(1)"></iframe>`,
	`</title></li></ol><h1>hacked</h1>`,
	`{{.Nonce}} {{template "chat.html"}} ${window.hacked=1}`,
	`<!-- --> ]]> &lt;b&gt; &#x3c;script&#x3e;`,
	"javascript:window.hacked=1",
	"\u202Egnp.exe\u202C \u2066\u2067 \u200F right-to-left override",
	"zero\u200Bwidth\u200D\uFEFF and joined 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
	"e" + strings.Repeat("\u0301", 1000),
	strings.Repeat("W", 4000),
	strings.Repeat("line\n", 200),
	"مرحبا <b>bold</b> 你好 हिन्दी",
	"' OR 1=1; DROP TABLE session; --",
	"*bold* _italic_ `code` [link](javascript:alert(1)) <https://evil.example|click>",
	"\u0000NUL and \u001b[31mred",
}
