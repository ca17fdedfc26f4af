// Package sheet turns the rows of somebody's table into services to ask after: it guesses
// which column is which of our fields, reads times as their writer meant them, and makes of
// each row the event that the API takes. What cannot be told for certain is asked, not guessed.
package sheet

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aftercare/aftercare/survey/words"
)

// Field is what a column may be.
type Field string

// The fields. A column that is Skip is not imported.
const (
	Skip      Field = ""
	Customer  Field = "customer"
	Name      Field = "name"
	FirstName Field = "first_name"
	Ended     Field = "ended" // the moment, or the day with Clock beside it
	Clock     Field = "clock"
	Service   Field = "service"
	Site      Field = "site"
	Staff     Field = "staff"
	ID        Field = "id"
	Phone     Field = "phone"
	Email     Field = "email"
	Telegram  Field = "telegram"
	SlackMail Field = "slack_email"
	Language  Field = "language"
	Tier      Field = "tier"
	Attribute Field = "attribute"
)

// Fields lists every field, in the order of the menus.
func Fields() []Field {
	return []Field{
		Skip, Customer, Name, FirstName, Ended, Clock, Service, Site, Staff, ID, Phone, Email, Telegram, SlackMail, Language, Tier, Attribute,
	}
}

// once are fields of which there is one column.
func (f Field) once() bool { return f != Skip && f != Attribute }

// called are the names that columns of a field have: in English, German, Chinese and Spanish,
// folded. The first list that holds the whole name wins, then the first that holds a word of it.
var called = []struct {
	field Field
	names string
}{
	{SlackMail, "slack email|slack e-mail|slack mail|slack"},
	{Telegram, "telegram id|telegram|telegram number|telegram chat id|chat id"},
	{Customer, "customer|customer id|customer no|customer number|client|client id|client no|guest id|patient id|member id|kundennr|kundennummer|kunden-nr|" +
		"kunde|kunden id|kundnr|gastnummer|mitgliedsnummer|patientennummer|客户|客户编号|客户号|客户id|顾客编号|顾客号|会员号|会员编号|会员卡号|" +
		"cliente|id cliente|numero de cliente|no cliente|codigo cliente"},
	{FirstName, "first name|firstname|given name|vorname|名|nombre de pila|nombre"},
	{Name, "name|full name|customer name|client name|guest|guest name|kundenname|gast|nachname|last name|surname|姓名|客户姓名|顾客姓名|客户名称|名字|" +
		"nombre completo|nombre y apellidos|nombre cliente|apellidos|apellido"},
	{Clock, "time|end time|uhrzeit|zeit|时间|结束时刻|时刻|hora|hora fin"},
	{Ended, "date|ended|ended at|end|end date|date time|datetime|finished|finished at|completed|completed at|visit|visit date|visit end|end of visit|visit time|appointment|appointment date|appointment time|check out|checkout|timestamp|" +
		"datum|ende|termin|beendet|besuch|datum und uhrzeit|日期|结束时间|完成时间|服务时间|预约时间|到店时间|消费时间|预约日期|服务日期|" +
		"fecha|fecha y hora|fin|fecha fin|cita|fecha cita"},
	{Service, "service|services|treatment|product|item|service name|leistung|behandlung|dienstleistung|artikel|服务|服务项目|项目|服务名称|servicio|tratamiento|producto"},
	{Site, "site|branch|location|store|shop|salon|outlet|filiale|standort|geschaft|laden|niederlassung|betrieb|门店|店铺|分店|网点|店名|" +
		"sucursal|tienda|local|sede|centro"},
	{Staff, "staff|employee|stylist|agent|served by|barber|therapist|technician|mitarbeiter|mitarbeiterin|personal|bediener|friseur|员工|技师|发型师|服务人员|店员|" +
		"empleado|empleada|personal|estilista|atendido por"},
	{ID, "receipt|receipt no|receipt number|booking|booking id|booking no|booking number|order|order id|order no|order number|invoice|invoice no|ticket|ticket no|" +
		"id|visit id|appointment id|bonnr|belegnr|belegnummer|rechnungsnummer|buchungsnummer|auftragsnummer|terminnummer|nr|订单号|订单编号|单号|预约编号|" +
		"小票号|编号|流水号|recibo|factura|pedido|reserva|numero de pedido|numero de factura"},
	{Phone, "phone|phone number|mobile|mobile number|cell|tel|telephone|whatsapp|telefon|telefonnummer|handy|handynummer|mobil|mobilnummer|rufnummer|" +
		"电话|手机|手机号|电话号码|手机号码|联系电话|telefono|movil|celular"},
	{Email, "email|e-mail|mail|email address|e-mail address|e-mail-adresse|emailadresse|邮箱|电子邮件|邮件|电子邮箱|correo|correo electronico"},
	{Language, "language|lang|sprache|语言|idioma|lengua"},
	{Tier, "tier|customer tier|kundenklasse|等级"},
}

// fold makes names of columns alike that differ in case, accents, dots and blanks.
func fold(name string) string {
	return strings.Join(strings.FieldsFunc(words.Bare(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

var folded = func() map[string]Field {
	m := map[string]Field{}
	for _, c := range called {
		for n := range strings.SplitSeq(c.names, "|") {
			if k := fold(n); m[k] == "" {
				m[k] = c.field
			}
		}
	}
	return m
}()

// named is the field that a column of this name is; Skip = nobody knows.
func named(header string) Field {
	name := fold(header)
	if f, ok := folded[name]; ok {
		return f
	}
	// What stands in brackets says more of it: "Datum (Ende)".
	if before, _, ok := strings.Cut(header, "("); ok {
		if f, ok := folded[fold(before)]; ok {
			return f
		}
	}
	return folded[strings.ReplaceAll(name, " ", "")]
}

// Column is a column of a file: its name, what stands in it, and what it probably is.
type Column struct {
	Name    string   `json:"name"`
	Samples []string `json:"samples"` // three that differ
	Filled  int      `json:"filled"`  // rows that hold something
	Guess   Field    `json:"guess"`
}

// Look are the columns of a file whose first rows are known. header is nil where no row names
// them.
func Look(header []string, rows [][]string) []Column {
	width := len(header)
	for _, r := range rows {
		width = max(width, len(r))
	}
	out := make([]Column, width)
	for i := range out {
		c := &out[i]
		if i < len(header) {
			c.Name = strings.TrimSpace(header[i])
		}
		var values []string
		for _, r := range rows {
			if i >= len(r) || strings.TrimSpace(r[i]) == "" {
				continue
			}
			v := strings.TrimSpace(r[i])
			c.Filled++
			values = append(values, v)
			if len(c.Samples) < 3 && !slices.Contains(c.Samples, v) {
				c.Samples = append(c.Samples, v)
			}
		}
		c.Guess = guess(c.Name, values)
	}
	// Of two columns of one field the one that holds more is it.
	for i := range out {
		for j := range i {
			if f := out[i].Guess; f.once() && out[j].Guess == f {
				if out[i].Filled > out[j].Filled {
					out[j].Guess = Skip
				} else {
					out[i].Guess = Skip
				}
			}
		}
	}
	// A time of day needs its day.
	day := slices.IndexFunc(out, func(c Column) bool { return c.Guess == Ended })
	for i := range out {
		if out[i].Guess == Clock && (day < 0 || timed(out[day].Samples)) {
			out[i].Guess = Skip
			if day < 0 && times(out[i].Samples) {
				out[i].Guess = Ended
			}
		}
	}
	return out
}

// guess is what a column probably is: by its name, where what stands in it does not say
// otherwise; else by what stands in it, where only one thing looks like that.
func guess(name string, values []string) Field {
	f := named(name)
	all := func(is func(string) bool) bool {
		return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !is(v) })
	}
	most := func(is func(string) bool) bool {
		n := 0
		for _, v := range values {
			if is(v) {
				n++
			}
		}
		return n*10 >= len(values)*8
	}
	switch {
	case len(values) == 0:
		return f
	case f == Ended && !most(isTime) && !most(isSerial), f == Clock && !most(isClock) && !most(isTime) && !most(isShare):
		return Skip
	case (f == Email || f == SlackMail) && !most(isEmail), f == Phone && !most(isPhone), f == Telegram && !most(isNumber):
		return Skip
	case f == Language && !most(func(v string) bool { return language(v) != "" }), f == Tier && !most(func(v string) bool { return tier(v) != "" }):
		return Skip
	case f != Skip:
		return f
	case all(isEmail):
		return Email
	case most(isTime): // a day that there is not is a fault of its row
		return Ended
	case all(isPhone) && all(func(v string) bool { return strings.HasPrefix(v, "+") }):
		return Phone
	}
	return Skip
}
