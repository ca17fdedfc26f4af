package admin

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/aftercare/aftercare/docs"
	"github.com/aftercare/aftercare/internal/page"
)

// helpRoutes are the pages of the documentation, for everybody who has signed in.
var helpRoutes = []route{
	{pattern: "GET /help", page: (*site).helpIndex},
	{pattern: "GET /help/{topic}", page: (*site).helpTopic},
	{pattern: "GET /help/flows/{picture}", page: (*site).helpPicture},
}

// helpOrder is how the index lists the topics: for whoever asks customers and answers them,
// then for whoever runs the program.
var helpOrder = []helpPart{
	{"help_using", []string{"conversations", "typing", "flows", "asking", "recovery", "routes", "privacy", "figures", "data", "dashboards", "accessibility", "case-states", "survey-states"}},
	{"help_running", []string{"running", "sign-in", "api", "slack", "scaling", "security", "reliability", "performance"}},
}

// helpPart is a part of the index: the key of its heading, and its topics.
type helpPart struct {
	heading string
	topics  []string
}

// topic is a page of the documentation.
type topic struct {
	Name, Title string
	Lead        string        // its first sentence
	Body        template.HTML // without its title
}

// topicsOf renders every page of the documentation with links as they are below prefix.
func topicsOf(files fs.FS, prefix string) (map[string]topic, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, err
	}
	all := map[string]topic{}
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		t, err := topicOf(source, func(to string) string { return helpLink(files, prefix, to) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t.Name = strings.TrimSuffix(name, ".md")
		all[t.Name] = t
	}
	return all, nil
}

// helpLink is where a link of the documentation leads to from a page, "" if what it names
// is not part of the program.
func helpLink(files fs.FS, prefix, to string) string {
	at, part, _ := strings.Cut(to, "#")
	if part != "" {
		part = "#" + part
	}
	if at == "" {
		return part
	}
	if _, err := fs.Stat(files, at); err != nil || path.Clean(at) != at {
		return ""
	}
	return prefix + "/help/" + strings.TrimSuffix(at, ".md") + part
}

// topicOf renders one page. No HTML of its own gets through; a link that leads nowhere from
// here becomes its words.
func topicOf(source []byte, link func(string) string) (topic, error) {
	md := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(wideTable{}, 100))),
	)
	root := md.Parser().Parse(text.NewReader(source))
	var t topic
	if h, ok := root.FirstChild().(*ast.Heading); ok && h.Level == 1 {
		t.Title = string(plain(h, source))
		root.RemoveChild(root, h)
	}
	if p, ok := root.FirstChild().(*ast.Paragraph); ok {
		t.Lead = firstSentence(string(plain(p, source)))
	}
	var dead []ast.Node
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var to *[]byte
		switch n := n.(type) {
		case *ast.Link:
			to = &n.Destination
		case *ast.Image:
			to = &n.Destination
		case *ast.AutoLink:
			dead = append(dead, n)
		}
		if to != nil {
			if *to = []byte(link(string(*to))); len(*to) == 0 {
				dead = append(dead, n)
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return t, err
	}
	for _, n := range dead {
		words := ast.NewString(plain(n, source))
		n.Parent().ReplaceChild(n.Parent(), n, words)
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, source, root); err != nil {
		return t, err
	}
	t.Body = template.HTML(b.String()) //nolint:gosec // our own documentation, without the HTML in it
	return t, nil
}

// plain are the words of a node.
func plain(n ast.Node, source []byte) []byte {
	var b bytes.Buffer
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				b.Write(n.Value(source))
				if n.SoftLineBreak() {
					b.WriteByte(' ')
				}
			case *ast.String:
				b.Write(n.Value)
			case *ast.AutoLink:
				b.Write(n.Label(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return b.Bytes()
}

func firstSentence(words string) string {
	if i := strings.Index(words, ". "); i >= 0 {
		return words[:i+1]
	}
	return words
}

// wideTable puts a table into a box that scrolls by itself, by keyboard too.
type wideTable struct{}

func (wideTable) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(tables.KindTable, func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		words := "<div class=\"scroll\" tabindex=\"0\"><table>\n"
		if !entering {
			words = "</tbody>\n</table></div>\n"
		}
		_, err := w.WriteString(words)
		return ast.WalkContinue, err
	})
}

// helpPage is the index, or one topic.
type helpPage struct {
	Parts []helpTopics // of the index
	Body  template.HTML
}

type helpTopics struct {
	Heading string
	Topics  []topic
}

func (s *site) helpIndex(w http.ResponseWriter, r *http.Request, v Viewer) error {
	var p helpPage
	words := s.words(r, v)
	for _, part := range helpOrder {
		shown := helpTopics{Heading: words.t(part.heading)}
		for _, name := range part.topics {
			shown.Topics = append(shown.Topics, s.topics()[name])
		}
		p.Parts = append(p.Parts, shown)
	}
	f := frame{Title: words.t("help"), Meta: words.t("help_english")}
	return s.show(w, r, v, http.StatusOK, "help.html", f, p)
}

func (s *site) helpTopic(w http.ResponseWriter, r *http.Request, v Viewer) error {
	t, ok := s.topics()[r.PathValue("topic")]
	if !ok {
		return &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
	}
	f := frame{Title: t.Title, Back: &link{"/help", s.words(r, v).t("help")}}
	return s.show(w, r, v, http.StatusOK, "help.html", f, helpPage{Body: t.Body})
}

// helpPicture serves the picture of a shipped survey.
func (s *site) helpPicture(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	name := r.PathValue("picture")
	body, err := fs.ReadFile(docs.Files, "flows/"+name)
	if err != nil || path.Ext(name) != ".svg" {
		return &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(body) //nolint:gosec // a picture that was built in
	return nil
}
