package survey_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestBands(t *testing.T) {
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Bands []struct {
			Score       float64
			Level       int
			Name        string
			Unsatisfied bool
		}
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Bands) == 0 {
		t.Fatal("no vectors")
	}
	set := flowfile.Bands()
	for _, row := range vectors.Bands {
		level, err := set.Level(row.Score)
		if err != nil || level != row.Level {
			t.Errorf("Level(%v) = %d, %v, want %d", row.Score, level, err, row.Level)
			continue
		}
		band := set[level-1]
		if band.Name["zh-Hans"] != row.Name || band.Unsatisfied != row.Unsatisfied {
			t.Errorf("%v is %q, unsatisfied %v, want %q, %v", row.Score, band.Name["zh-Hans"], band.Unsatisfied, row.Name, row.Unsatisfied)
		}
		// A flow without bands of its own is judged by the same ladder.
		for _, bands := range []survey.BandSet{nil, set} {
			percent := survey.Question{Key: "p", Kind: survey.NumberQ, MaxValue: 100, Weight: 1, Primary: true}
			j := survey.Judge(survey.Flow{Bands: bands, Questions: []survey.Question{percent}}, []survey.Answer{{Question: "p", Value: &row.Score}}, true)
			if j.Level != row.Level || j.Unsatisfied != row.Unsatisfied {
				t.Errorf("a percentage of %v is level %d, unsatisfied %v", row.Score, j.Level, j.Unsatisfied)
			}
		}
	}
	for _, bad := range []float64{-0.0001, -1, 100.0001, 101, math.NaN(), math.Inf(1)} {
		if level, err := set.Level(bad); err == nil {
			t.Errorf("Level(%v) = %d, want an error", bad, level)
		}
	}
	if level, err := (survey.BandSet{}).Level(50); err == nil {
		t.Errorf("the empty set gives level %d, want an error", level)
	}
}
