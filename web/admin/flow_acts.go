package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// pressed is a button of the editor: "up|PATH", "remove|PATH", "kind|PATH|KIND".
type pressed struct {
	doc  *draft.Doc
	w    *words // of the reader
	form func(name string) string
	path string
	more string // what follows the path

	list, step string   // the list at the path's end, and which element of it
	all        []string // its elements
	at         int      // of step among them, -1 = not there
}

// acts are what buttons do: the changes, and the card to open then ("" = the same).
var acts = map[string]func(p *pressed) (ops []draft.Op, open string, err error){
	"up":       (*pressed).up,
	"down":     (*pressed).down,
	"remove":   (*pressed).remove,
	"forget":   (*pressed).forget,
	"copy":     (*pressed).copy,
	"kind":     (*pressed).kind,
	"option":   (*pressed).option,
	"scale":    (*pressed).own,
	"list":     (*pressed).own,
	"own":      (*pressed).ownOf,
	"question": (*pressed).question,
	"language": (*pressed).language,
	"fill":     (*pressed).fill,
}

// actOnFlow carries out a button. It returns the card to open then, "" = the same.
func (s draftPages) actOnFlow(r *http.Request, v Viewer, act string) (open string, err error) {
	parts := strings.SplitN(act, "|", 3)
	do := acts[parts[0]]
	if do == nil || len(parts) < 2 {
		return "", nil
	}
	words := s.words(r, v)
	_, err = s.edit(r.Context(), v, r.PathValue("flow"), parts[0], func(d drafted) (string, error) {
		doc, err := draft.Parse(d.Source)
		if err != nil {
			return "", &draft.Refused{Path: parts[1], Why: words.t("flow_unreadable")}
		}
		p := &pressed{doc: doc, w: words, form: r.PostForm.Get, path: parts[1]}
		if len(parts) == 3 {
			p.more = parts[2]
		}
		p.list, p.step = cutLast(p.path)
		p.all = doc.Elements(p.list)
		p.at = slices.Index(p.all, p.step)
		var ops []draft.Op
		if ops, open, err = do(p); err != nil {
			return "", &draft.Refused{Path: p.path, Why: err.Error()}
		}
		return draft.Apply(d.Source, ops...)
	})
	return open, err
}

// element is an element of the list by its number, "" = behind the last.
func (p *pressed) element(i int) string {
	if i < len(p.all) {
		return p.all[i]
	}
	return ""
}

func (p *pressed) up() ([]draft.Op, string, error) {
	if p.at < 1 {
		return nil, "", nil
	}
	return []draft.Op{{Do: draft.Move, Path: p.path, Before: p.all[p.at-1]}}, "", nil
}

func (p *pressed) down() ([]draft.Op, string, error) {
	if p.at < 0 || p.at+1 == len(p.all) {
		return nil, "", nil
	}
	return []draft.Op{{Do: draft.Move, Path: p.path, Before: p.element(p.at + 2)}}, "", nil
}

func (p *pressed) remove() ([]draft.Op, string, error) {
	if len(p.all) == 1 && p.at == 0 && p.list != "questions" { // an empty list says nothing
		return []draft.Op{{Do: draft.Remove, Path: p.list}}, "", nil
	}
	return []draft.Op{{Do: draft.Remove, Path: p.path}}, p.beside(), nil
}

// beside is the card that opens when a question is gone: the one before it, else the next.
func (p *pressed) beside() string {
	switch {
	case p.list != "questions":
		return ""
	case p.at > 0:
		return "questions/" + p.all[p.at-1]
	case len(p.all) > 1:
		return "questions/" + p.all[1]
	}
	return beforeCard
}

// forget takes a question away, with the conditions that name it.
func (p *pressed) forget() ([]draft.Op, string, error) {
	var ops []draft.Op
	own := strings.TrimPrefix(p.step, "=")
	for _, key := range (&drawer{words: p.w, doc: p.doc}).needs(own) {
		at := "questions/=" + key
		ops = append(ops, draft.Op{Do: draft.Remove, Path: at + "/when"})
		if p.doc.Show(at+"/pair") == own {
			ops = append(ops, draft.Op{Do: draft.Remove, Path: at + "/pair"})
		}
	}
	return append(ops, draft.Op{Do: draft.Remove, Path: p.path}), p.beside(), nil
}

func (p *pressed) copy() ([]draft.Op, string, error) {
	key := freshKey(p.doc, p.list, strings.TrimPrefix(p.step, "=")+"_copy")
	renamed, err := rekeyed(p.doc.Show(p.path), key)
	if err != nil {
		return nil, "", err
	}
	return []draft.Op{{Do: draft.Insert, Path: p.list, Value: renamed, As: draft.YAML, Before: p.element(p.at + 1)}}, p.list + "/=" + key, nil
}

func (p *pressed) kind() ([]draft.Op, string, error) {
	if !slices.Contains(oneOf(), p.more) {
		return nil, "", nil
	}
	return kindOps(p.doc, p.w, p.path, p.more), "", nil
}

func (p *pressed) option() ([]draft.Op, string, error) {
	return optionOps(p.doc, p.path, p.form("many|"+p.path)), "", nil
}

// own makes a scale or a list that no question has yet.
func (p *pressed) own() ([]draft.Op, string, error) {
	what := map[string]string{"scales": "scale", "choices": "list"}[p.path]
	name := freshName(p.doc, p.path, what)
	return []draft.Op{{Do: draft.Set, Path: p.path + "/" + name, Value: newOwn(p.w.inDraft(p.doc), what), As: draft.YAML}}, p.path + "/" + name, nil
}

// ownOf makes the scale of a question its own.
func (p *pressed) ownOf() ([]draft.Op, string, error) {
	name, ops := ownScale(p.doc, p.w.inDraft(p.doc), p.path)
	return ops, "scales/" + name, nil
}

// fill gives the options of a scale their scores, or puts bare numbers in their place.
func (p *pressed) fill() ([]draft.Op, string, error) {
	options := p.path + "/options"
	all := p.doc.Elements(options)
	set := func(key, value string) draft.Op {
		return draft.Op{Do: draft.Set, Path: p.path + "/" + key, Value: value, Was: p.doc.Show(p.path + "/" + key), As: draft.YAML}
	}
	if p.more == "numbers" {
		ops := []draft.Op{set("generator", "linear"), set("min", "1"), set("max", strconv.Itoa(max(len(all), 5)))}
		if len(all) > 0 {
			ops = append(ops, draft.Op{Do: draft.Remove, Path: options})
		}
		return ops, "", nil
	}
	ops := []draft.Op{set("generator", map[bool]string{true: "ladder", false: "linear"}[p.more == "ladder"])}
	for _, e := range all {
		for _, key := range []string{"score", "flag"} {
			if at := options + "/" + e + "/" + key; p.doc.Has(at) {
				ops = append(ops, draft.Op{Do: draft.Remove, Path: at})
			}
		}
	}
	for _, key := range []string{"min", "max", "min_text", "max_text"} {
		if len(all) == 0 && p.doc.Has(p.path+"/"+key) {
			ops = append(ops, draft.Op{Do: draft.Remove, Path: p.path + "/" + key})
		}
	}
	want := len(all)
	for want != 2 && want != 5 && want != 7 && (p.more == "ladder" || len(all) == 0) { // as many as a ladder has
		if want++; want > 7 {
			return nil, "", errors.New(p.w.t("flow_fill_many", len(all)))
		}
	}
	var more []string
	for i := len(all); i < want; i++ {
		more = append(more, fmt.Sprintf("{value: %d, label: %s}", i+1, flowfile.Scalar(p.w.inDraft(p.doc).t("new_option", i+1))))
	}
	if len(all) == 0 {
		return append(ops, draft.Op{Do: draft.Set, Path: options, Value: "[" + strings.Join(more, ", ") + "]", As: draft.YAML}), "", nil
	}
	for _, text := range more {
		ops = append(ops, draft.Op{Do: draft.Insert, Path: options, Value: text, As: draft.YAML})
	}
	return ops, "", nil
}

func (p *pressed) question() ([]draft.Op, string, error) {
	ops, open := questionOps(p.doc, p.w.inDraft(p.doc), p.path, p.more)
	return ops, open, nil
}

func (p *pressed) language() ([]draft.Op, string, error) {
	tag := strings.TrimSpace(p.form("language"))
	if tag == "" || slices.Contains(languagesOf(p.doc), tag) {
		return nil, "", nil
	}
	if _, list := p.doc.Plain("languages").([]any); list {
		return []draft.Op{{Do: draft.Insert, Path: "languages", Value: tag}}, "", nil
	}
	return []draft.Op{{
		Do: draft.Set, Path: "languages", Was: p.doc.Show("languages"), Value: "[" + p.doc.Language() + ", " + flowfile.Scalar(tag) + "]", As: draft.YAML,
	}}, "", nil
}

func cutLast(path string) (list, step string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// rekeyed is an element of a list under another key, and no main question any more.
func rekeyed(text, key string) (string, error) {
	whole := "x: " + text + "\n"
	out, err := draft.Apply(whole, draft.Op{Do: draft.Set, Path: "x/key", Value: key, Was: mustShow(whole, "x/key")})
	if err != nil {
		return "", err
	}
	out, err = draft.Apply(out, draft.Op{Do: draft.Remove, Path: "x/primary"})
	return strings.TrimSpace(strings.TrimPrefix(out, "x:")), err
}

// mustShow is what stands at a path of a file, "" where the file cannot be read.
func mustShow(text, path string) string {
	d, err := draft.Parse(text)
	if err != nil {
		return ""
	}
	return d.Show(path)
}
