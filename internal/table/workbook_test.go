package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// repacked is a workbook with its parts changed: "" leaves one out.
func repacked(t *testing.T, file []byte, change func(name, text string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if changed := change(part.Name, string(text)); changed != "" {
			w, err := z.Create(part.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, changed); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The sheets of a workbook are named also where the first of them is not there.
func TestAWorkbookWithoutItsFirstSheetNamesItsSheets(t *testing.T) {
	file := workbook(t, []any{"Kunde"})
	file = repacked(t, file, func(name, text string) string {
		if strings.HasPrefix(name, "xl/worksheets/sheet1") {
			return ""
		}
		return text
	})
	names, _, err := Workbook(bytes.NewReader(file), Shape{Format: XLSX})
	if err != nil || !slices.Equal(names, []string{"Sheet1"}) {
		t.Errorf("%q, %v", names, err)
	}
}

// A workbook that breaks while it is unpacked leaves nothing where it was unpacked to.
func TestABrokenWorkbookLeavesNothing(t *testing.T) {
	large := repacked(t, workbook(t, []any{"Kunde"}), func(name, text string) string {
		if strings.HasPrefix(name, "xl/worksheets/") {
			return strings.Replace(text, "</worksheet>", strings.Repeat(" ", inMemory)+"</worksheet>", 1)
		}
		return text
	})
	last := bytes.LastIndex(large, []byte("PK\x03\x04")) // the part behind the large ones
	large[last+60] ^= 0xff
	scratch := t.TempDir()
	_, err := Open(bytes.NewReader(large), Shape{Format: XLSX, Scratch: scratch})
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != Broken {
		t.Errorf("a damaged part: %v", err)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left: %s", filepath.Join(scratch, left[0].Name()))
	}
}

// What is kept of a workbook is what is read of it. Its rows are the same, and every text that is left is handed out.
func TestASlimWorkbookIsReadAsTheWholeOne(t *testing.T) {
	file := rewritten(t, workbook(t, []any{"Kunde", "Ende"}, []any{"C-1", 46353.7375}, []any{"C_x0041_", true}), func(f *excelize.File) error {
		_, err := f.NewSheet("Hidden")
		picture := &excelize.Picture{Extension: ".png", File: pixel, Format: &excelize.GraphicOptions{AltText: "of Tomislav"}}
		return errors.Join(
			err, f.SetSheetVisible("Hidden", false, true),
			f.SetCellRichText("Hidden", "B2", []excelize.RichTextRun{{Text: "in two "}, {Text: "pieces"}}),
			f.SetCellFormula("Hidden", "B3", `IF(A1="a ""quoted"" text",C12,"mailto:anna@example.com")`),
			f.SetCellValue("Hidden", "B4", 4711),
			f.SetHeaderFooter("Hidden", &excelize.HeaderFooterOptions{OddHeader: "&Labove&Rright", FirstFooter: "&Cbelow"}),
			f.AddComment("Sheet1", excelize.Comment{Cell: "A1", Author: "Tomislav", Paragraph: []excelize.RichTextRun{{Text: "Tomislav called"}}}),
			f.AddPictureFromBytes("Sheet1", "D4", picture),
			f.SetDocProps(&excelize.DocProperties{Creator: "Tomislav"}),
			f.AddChart("Sheet1", "F1", &excelize.Chart{Type: excelize.Bar, Series: []excelize.ChartSeries{{Name: "Tomislav", Values: "Sheet1!$B$1:$B$2"}}}),
			f.SetCellHyperLink("Sheet1", "A2", "mailto:tomislav@example.com", "External"),
		)
	})
	var slim bytes.Buffer
	if err := Slim(&slim, file); err != nil {
		t.Fatal(err)
	}
	_ = repacked(t, slim.Bytes(), func(name, text string) string {
		if strings.Contains(strings.ToLower(text), "tomislav") || !isXML(name) {
			t.Errorf("%s is kept", name)
		}
		return text
	})
	for _, sheet := range []string{"", "Hidden"} {
		var read [2]string
		for i, of := range [][]byte{file, slim.Bytes()} {
			r, err := Open(bytes.NewReader(of), Shape{Format: XLSX, Sheet: sheet})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for row, err := r.Next(); err == nil; row, err = r.Next() {
				read[i] += cells([]Row{row}) + "\n"
			}
		}
		if read[0] == "" || read[0] != read[1] {
			t.Errorf("%q: read were\n%s\n%s", sheet, read[0], read[1])
		}
	}
	var texts []string
	err := Texts(bytes.NewReader(slim.Bytes()), Shape{Format: XLSX}, func(text string) error { texts = append(texts, text); return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Kunde", "C-1", "46353.7375", "C_x0041_", "CA", "in two pieces", `a "quoted" text`, "anna@example.com", "4711", "above", "right", "below", "Hidden",
	} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not among %q", want, texts)
		}
	}
	for _, place := range []string{"C12", "A1", "0", "2"} {
		if slices.Contains(texts, place) {
			t.Errorf("%q is a place, and is among %q", place, texts)
		}
	}

	// What is no workbook stays as it is, and is said to be broken.
	for _, broken := range [][]byte{[]byte("PK\x03\x04"), file[:len(file)/2]} {
		slim.Reset()
		if err := Slim(&slim, broken); err != nil || !bytes.Equal(slim.Bytes(), broken) {
			t.Errorf("%d bytes of a workbook became %d: %v", len(broken), slim.Len(), err)
		}
		if err := Texts(bytes.NewReader(broken), Shape{Format: XLSX}, func(string) error { return nil }); err == nil {
			t.Error("half a workbook is read as a whole one")
		}
	}
	// A part that is damaged is an error of those who look for somebody, too.
	torn := repacked(t, file, func(name, text string) string {
		if name == "xl/worksheets/sheet2.xml" {
			return text[:len(text)/2]
		}
		return text
	})
	if err := Texts(bytes.NewReader(torn), Shape{Format: XLSX}, func(string) error { return nil }); err == nil {
		t.Error("a sheet that is cut off is read as a whole one")
	}
}

// pixel is a picture.
var pixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

// What a program that was killed left of a workbook long ago goes with the next one, and what another reads now stays.
func TestWhatWasUnpackedLongAgoGoes(t *testing.T) {
	in := t.TempDir()
	old, now, others := filepath.Join(in, "excelize-aftercare-1"), filepath.Join(in, "excelize-aftercare-2"), filepath.Join(in, "excelize-3")
	for _, dir := range []string{old, now, others} {
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "excelize-1"), []byte("C-2"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Now().Add(-25 * time.Hour)
	for _, dir := range []string{old, others} {
		if err := os.Chtimes(dir, day, day); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(bytes.NewReader(workbook(t, []any{"Kunde"})), Shape{Format: XLSX, Scratch: in})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(in, "*"))
	if !slices.Equal(left, []string{others, now}) {
		t.Errorf("left: %q", left)
	}
}

// Where nothing can be unpacked into files, a large workbook is read all the same.
func TestALargeWorkbookIsReadWhereNothingCanBeWritten(t *testing.T) {
	large := repacked(t, workbook(t, []any{"Kunde"}), func(name, text string) string {
		if strings.HasPrefix(name, "xl/worksheets/") {
			return strings.Replace(text, "</worksheet>", strings.Repeat(" ", inMemory)+"</worksheet>", 1)
		}
		return text
	})
	r, err := Open(bytes.NewReader(large), Shape{Format: XLSX, Scratch: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err := errors.Join(err, r.Close()); err != nil || len(row.Cells) != 1 || row.Cells[0] != "Kunde" {
		t.Errorf("%q, %v", row.Cells, err)
	}
}

// Texts are handed out in whatever encoding a part says that it is written.
func TestThePartsOfAWorkbookSayHowTheyAreWritten(t *testing.T) {
	for label, want := range map[string]string{"us-ascii": "Kunde", "windows-1252": "M\u00fcller", "utf-8": "\u5ba2\u6237"} {
		file := repacked(t, workbook(t, []any{"Kunde"}), func(name, text string) string {
			if !strings.Contains(text, "Kunde") {
				return text
			}
			letters := want
			if label == "windows-1252" {
				letters = "M\xfcller"
			}
			_, text, _ = strings.Cut(strings.ReplaceAll(text, "Kunde", letters), "?>")
			return `<?xml version="1.0" encoding="` + label + `"?>` + text
		})
		var slim bytes.Buffer
		if err := Slim(&slim, file); err != nil {
			t.Fatal(err)
		}
		var texts []string
		err := Texts(&slim, Shape{Format: XLSX}, func(text string) error { texts = append(texts, text); return nil })
		if err != nil || !slices.Contains(texts, want) {
			t.Errorf("%s: %q, %v", label, texts, err)
		}
	}
}
