package report

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Per1000 is how many events came on 1,000 services, with the exact interval. Without services
// nothing is known: 0 to infinite.
//
// Source: F. Garwood, Biometrika 28 (1936) 437–442.
func Per1000(events, services int) (rate float64, within Interval) {
	if services <= 0 || events < 0 {
		return 0, Interval{0, math.Inf(1)}
	}
	by := 1000 / float64(services)
	within.High = distuv.ChiSquared{K: 2 * float64(events+1)}.Quantile(0.975) / 2 * by
	if events > 0 {
		within.Low = distuv.ChiSquared{K: 2 * float64(events)}.Quantile(0.025) / 2 * by
	}
	return float64(events) * by, within
}

// Times is how many times as often events came on services as before, with the exact interval:
// given all events, those of the one time are binomial. Where nothing came before it is infinite.
//
// Source: J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313–323.
func Times(now, services, before, servicesBefore int) (ratio float64, within Interval) {
	if services <= 0 || servicesBefore <= 0 || now < 0 || before < 0 || now+before == 0 {
		return math.NaN(), Interval{0, math.Inf(1)}
	}
	by := float64(servicesBefore) / float64(services)
	p := clopperPearson(float64(now), float64(now+before))
	odds := func(p float64) float64 {
		if p >= 1 {
			return math.Inf(1)
		}
		return p / (1 - p) * by
	}
	ratio = math.Inf(1)
	if before > 0 {
		ratio = float64(now) / float64(before) * by
	}
	return ratio, Interval{odds(p.Low), odds(p.High)}
}
